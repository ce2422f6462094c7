/** Routing headers (docs/requirements.md: Routing), as partners meet them on all five Tokens endpoints. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peer } from '../support/builders.ts';
import { type Answer, type Sent, since22 } from '../support/http.ts';
import { emspToken } from '../support/runtime.ts';
import { answersOf, askOf, endpointsOf, put, startTransport } from '../support/transport.ts';

const platform = await startTransport();
afterAll(() => platform.stop());
const ask = askOf(platform);

const routing = (to: string, from: string) => ({
  'OCPI-to-country-code': to.slice(0, 2),
  'OCPI-to-party-id': to.slice(2),
  'OCPI-from-country-code': from.slice(0, 2),
  'OCPI-from-party-id': from.slice(2),
});
const lowerCase = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
const routingOf = ({ headers }: Answer) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('ocpi-')));
/** Who of us is asked by which of our peers. */
const ends = ({ path }: Sent): [us: string, them: string] =>
  path.includes('/cpo/') ? ['NLLCP', 'DEDMS'] : ['NLLMS', 'FRDCP'];

describe.each(since22)('%s routing headers', (version) => {
  const answers = answersOf(version);
  /** Those that got as far as the headers. */
  const routed = answers.filter(
    ([, http, status_code, { path }]) =>
      ![401, 405, 3002].includes(http) && status_code !== 3002 && path !== '/nowhere',
  );
  beforeAll(async () => {
    await ask(version, put(version));
  });

  test.each(answers)('are not demanded, and not sent unasked: %s (RTE-04)', async (_name, http, _code, sent) => {
    const answer = await ask(version, sent);
    expect(answer.http).toBe(http);
    expect(routingOf(answer)).toEqual({});
  });

  test.each(routed)('come back swapped: %s (RTE-01, RTE-02, RTE-05)', async (_name, http, status_code, sent) => {
    const [us, them] = ends(sent);
    const answer = await ask(version, sent, routing(us.toLowerCase(), them));
    expect(answer).toMatchObject({ http, envelope: { status_code } });
    expect(routingOf(answer)).toEqual(lowerCase(routing(them, us.toLowerCase())));
  });

  test.each(endpointsOf(version))('take a party of ours in another role as us: %s (RTE-15)', async (_name, sent) => {
    const [us, them] = ends(sent);
    const other = us === 'NLLCP' ? 'NLLMS' : 'NLLCP';
    const answer = await ask(version, sent, routing(other, them));
    expect(answer).toMatchObject({ http: 200, envelope: { status_code: 1000 } });
    expect(routingOf(answer)).toEqual(lowerCase(routing(them, other)));
  });

  test.each(endpointsOf(version))(
    'take a party that is none of ours as not said, and log it once: %s (RTE-15)',
    async (_name, sent) => {
      const [us, them] = ends(sent);
      for (const stranger of ['NLXXX', them]) {
        platform.logged.length = 0;
        const answer = await ask(version, sent, routing(stranger, them));
        expect(answer).toMatchObject({ http: 200, envelope: { status_code: 1000 } });
        expect(routingOf(answer)).toEqual(lowerCase(routing(them, us)));
        const warnings = platform.logged.filter((line) => line.includes('"level":"warn"'));
        expect(warnings).toHaveLength(1);
        expect(warnings[0]).toContain(stranger.slice(2));
      }
    },
  );

  test.each(endpointsOf(version))('take one of the two headers, or empty ones, as none: %s', async (_name, sent) => {
    for (const headers of [
      { 'OCPI-to-country-code': 'NL' },
      { 'OCPI-to-party-id': 'XXX' },
      { 'OCPI-to-country-code': '', 'OCPI-to-party-id': '' },
      { 'OCPI-from-country-code': 'NL', 'OCPI-to-party-id': '' },
    ]) {
      const answer = await ask(version, sent, headers);
      expect(answer).toMatchObject({ http: 200, envelope: { status_code: 1000 } });
      expect(routingOf(answer)).toEqual({});
    }
  });

  test.each(endpointsOf(version))(
    '%s without OCPI-to is for the only party that fits (RTE-10, RTE-15)',
    async (_name, sent) => {
      const [us, them] = ends(sent);
      const { 'OCPI-to-country-code': _to, 'OCPI-to-party-id': _party, ...from } = routing(us, them);
      const answer = await ask(version, sent, from);
      expect(answer).toMatchObject({ http: 200, envelope: { status_code: 1000 } });
      expect(routingOf(answer)).toEqual(lowerCase(routing(them, us)));
    },
  );

  test('a push may come from a hub: only the URL says whose Token it is (RTE-07, RTE-09, RTE-16)', async () => {
    const answer = await ask(version, put(version), routing('NLLCP', 'XXHUB'));
    expect(answer).toMatchObject({ http: 200, envelope: { status_code: 1000 } });
    expect(routingOf(answer)).toEqual(lowerCase(routing('XXHUB', 'NLLCP')));
  });

  test('OCPI-from gives no right to another’s Tokens (RTE-16)', async () => {
    const other = `other-${version}`;
    await platform.add(peer({ id: other, roles: [{ role: 'EMSP', country_code: 'BE', party_id: 'OTH' }] }));
    const answer = await ask(version, { ...put(version), secret: `${other}-token` }, routing('NLLCP', 'DEDMS'));
    expect(answer).toMatchObject({ http: 404, envelope: { status_code: 2000 } });
  });
});

test.each(endpointsOf('2.1.1'))('2.1.1 routing headers mean nothing to %s (RTE-17)', async (_name, sent) => {
  const answer = await ask('2.1.1', sent, routing('NLXXX', 'DEDMS'));
  expect(answer).toMatchObject({ http: 200, envelope: { status_code: 1000 } });
  expect(routingOf(answer)).toEqual({});
});

test.each(['versions', '2.2.1', '2.3.0'])(
  '/ocpi/%s has ids, but no routing headers and no pages (RTE-03, HDR-05, LIST-19)',
  async (path) => {
    const headers = { ...routing('NLXXX', 'DEDMS'), 'x-request-id': 'R', 'x-correlation-id': 'C' };
    const sent = { method: 'GET', path: `/ocpi/${path}?limit=0&offset=9`, secret: emspToken };
    const answer = await ask('2.2.1', sent, headers);
    expect(answer).toMatchObject({
      http: 200,
      headers: { 'x-request-id': 'R', 'x-correlation-id': 'C' },
      envelope: { status_code: 1000 },
    });
    expect(routingOf(answer)).toEqual({});
    for (const header of ['link', 'x-total-count', 'x-limit']) expect(answer.headers).not.toHaveProperty(header);
  },
);
