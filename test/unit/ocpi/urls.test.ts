/** What we announce is what serverless.yml routes, no more and no less. */
import { describe, expect, test } from 'vitest';
import { routeTable } from '../../../lib/local/route-table.ts';
import { readServerlessYml } from '../../../lib/local/serverless-yml.ts';
import { moduleEndpoints, versionEntries, versionsUrl } from '../../../lib/ocpi/urls.ts';
import type { Role, VersionNumber } from '../../../lib/ocpi/versions.ts';
import { config } from '../../support/runtime.ts';

const { functions } = readServerlessYml();
const match = routeTable(functions.flatMap(({ name, routes }) => routes.map((route) => [route, name] as const)));
const functionAt = (method: string, url: string) => match(method, new URL(url).pathname)?.target;

const trees: (Role | undefined)[] = [undefined, 'CPO', 'EMSP'];

/** Every function that an announced URL, with the methods of its module, leads to. */
const reached = new Set<string | undefined>();
const reach = (method: string, url: string) => {
  const name = functionAt(method, url);
  reached.add(name);
  return name;
};

describe.each(trees)('the tree of %s', (tree) => {
  test('the versions URL is routed, with and without a slash (VER-02)', () => {
    expect(reach('GET', versionsUrl(config, tree))).toBe('list-versions');
    expect(reach('GET', `${versionsUrl(config, tree)}/`)).toBe('list-versions');
  });

  test('2.1.1 is in the trees of one role, the others in the tree of all (VER-08, VER-09)', () => {
    const urls = Object.fromEntries(versionEntries(config, tree).map(({ version, url }) => [version, url]));
    const { publicUrl } = config;
    expect(urls).toEqual({
      ...(tree && { '2.1.1': `${publicUrl}/ocpi/${tree.toLowerCase()}/2.1.1` }),
      '2.2.1': `${publicUrl}/ocpi/2.2.1`,
      '2.3.0': `${publicUrl}/ocpi/2.3.0`,
    });
    for (const url of Object.values(urls)) {
      expect(reach('GET', url)).toBe('get-version');
      expect(reach('GET', `${url}/`)).toBe('get-version');
    }
  });

  test('each announced module is routed with all its methods (VER-06)', () => {
    for (const { version } of versionEntries(config, tree)) {
      const ourRole = version === '2.1.1' ? tree : undefined;
      for (const { identifier, role, url } of moduleEndpoints(config, version as VersionNumber, ourRole)) {
        const routed = {
          credentials: () => ['GET', 'POST', 'PUT', 'DELETE'].map((method) => reach(method, url)),
          RECEIVER: () => ['GET', 'PUT', 'PATCH'].map((method) => reach(method, `${url}NL/TNM/1`)),
          SENDER: () => [reach('GET', url), reach('POST', `${url}1/authorize`)],
        }[identifier === 'credentials' ? identifier : (role ?? 'SENDER')]();
        expect(routed).toEqual(
          {
            credentials: ['get-credentials', 'post-credentials', 'put-credentials', 'delete-credentials'],
            RECEIVER: ['get-token', 'put-token', 'patch-token'],
            SENDER: ['list-tokens', 'authorize-token'],
          }[identifier === 'credentials' ? identifier : (role ?? 'SENDER')],
        );
      }
    }
  });
});

test('two roles in one tree: tokens twice, credentials once, as SENDER (VER-07, VER-09)', () => {
  const endpoints = moduleEndpoints(config, '2.2.1', undefined);
  expect(endpoints.map(({ identifier, role }) => `${identifier} ${role}`)).toEqual([
    'credentials SENDER',
    'tokens RECEIVER',
    'tokens SENDER',
  ]);
});

test('a role that we do not have is not announced', () => {
  const onlyCpo = { ...config, parties: config.parties.filter(({ role }) => role === 'CPO') };
  expect(moduleEndpoints(onlyCpo, '2.3.0', undefined).map(({ identifier }) => identifier)).toEqual([
    'credentials',
    'tokens',
  ]);
});

test('every function that partners call, but the fallback, is reached by an announced URL', () => {
  const isPartners = ({ routes }: { routes: string[] }) => routes.some((route) => route.includes(' /ocpi'));
  const names = functions
    .filter(isPartners)
    .map(({ name }) => name)
    .filter((name) => name !== 'fallback');
  expect(reached).toEqual(new Set(names));
});
