/** Handshakes with partners whose versions and credentials are not quite OCPI, in both directions and every version. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { invite } from '../../lib/credentials/invite.ts';
import { register } from '../../lib/credentials/register.ts';
import { hasTreePerRole, type VersionNumber, versionNumbers } from '../../lib/ocpi/versions.ts';
import type { Peer } from '../../lib/peers/peer.ts';
import { profiles } from '../../lib/peers/profiles.ts';
import { credentialsCall } from '../support/builders.ts';
import { authorization, send } from '../support/http.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { type OddPeer, oddCredentials, startOddPeer } from '../support/odd-peer.ts';

let us: Instance;
let odd: OddPeer;

const start = async (version: VersionNumber) => {
  odd = await startOddPeer(version);
};

beforeEach(async () => {
  us = await startInstance({ parties: 'CPO NL AAA, EMSP NL BBB' });
});
afterEach(async () => {
  await Promise.all([us.stop(), odd.stop()]);
});

const stored = async (): Promise<Peer | undefined> =>
  (await us.runtime.backend.credentials.get(credentialsCall({ id: 'odd' })))?.data;

/** The odd peer registers with us: it is an eMSP. */
async function comes(version: VersionNumber, business_details: unknown, overrides: object = {}, settings = {}) {
  const { token } = await invite(us.runtime, 'odd', settings);
  const { envelope } = await send(us.url, {
    method: 'POST',
    path: `/ocpi${hasTreePerRole(version) ? '/cpo' : ''}/${version}/credentials`,
    headers: { authorization: authorization(version, token), 'content-type': 'application/json' },
    body: { ...oddCredentials(version, odd.url, 'EMSP', business_details), ...overrides },
  });
  return envelope;
}

/** We register with the odd peer: it is a CPO. */
const isAsked = (version: VersionNumber, settings = {}) =>
  register(us.runtime, {
    id: 'odd',
    versionsUrl: `${odd.url}/versions`,
    tokenA: 'token-a',
    settings,
    version,
    ourRole: 'EMSP',
  });

const logo = { url: 'https://odd.example/logo.png', category: 'OPERATOR', type: 'png' };
const decorations: [what: string, business_details: unknown, name: string | undefined][] = [
  ['an empty website', { name: 'Odd', website: '' }, 'Odd'],
  ['a website without a scheme', { name: 'Odd', website: 'www.odd.example' }, 'Odd'],
  ['a logo that is a text', { name: 'Odd', logo: logo.url }, 'Odd'],
  ['a logo without category and type', { name: 'Odd', logo: { url: logo.url } }, 'Odd'],
  ['a logo of half a pixel', { name: 'Odd', logo: { ...logo, width: 0.5, height: -1 } }, 'Odd'],
  ['everything as it should be', { name: 'Odd', website: 'https://odd.example', logo }, 'Odd'],
  ['an endless name', { name: `${'x'.repeat(150)}` }, 'x'.repeat(100)],
  ['a name over several lines', { name: ' Odd\r\n\u202eCharge\x1b[0m ' }, 'Odd Charge [0m'],
  ['an empty name', { name: ' ' }, undefined],
  ['no name', {}, undefined],
  ['a name of null', { name: null }, undefined],
  ['a number for a name', { name: 7 }, undefined],
  ['no details', undefined, undefined],
  ['a text for details', 'Odd Charge', undefined],
];

describe.each(versionNumbers)('%s', (version) => {
  beforeEach(() => start(version));

  test.each(decorations)('whoever comes with %s is taken on', async (_, business_details, name) => {
    expect(await comes(version, business_details)).toMatchObject({
      status_code: 1000,
      data: { token: expect.any(String) },
    });
    expect((await stored())?.roles).toEqual([
      { role: 'EMSP', country_code: 'DE', party_id: 'ODD', ...(name && { name }) },
    ]);
  });

  test.each(decorations)('whoever answers with %s is taken on', async (_, business_details, name) => {
    odd.credentials = oddCredentials(version, odd.url, 'CPO', business_details);
    const { roles } = await isAsked(version);
    expect(roles).toEqual([{ role: 'CPO', country_code: 'DE', party_id: 'ODD', ...(name && { name }) }]);
  });

  test.each([
    ['token', 'a token of spaces', /token should be .* but was 17 characters that are not shown$/],
    ['url', 'nowhere', /url should be an absolute http\(s\) URL/],
    ['token', undefined, /token should be .* but is missing$/],
  ])('what we need of credentials is named where it is wrong: %s %j', async (member, value, message) => {
    expect(await comes(version, { name: 'Odd' }, { [member]: value })).toMatchObject({
      status_code: 2001,
      status_message: expect.stringMatching(message),
    });
    odd.credentials = { ...(odd.credentials as object), [member]: value };
    await expect(isAsked(version)).rejects.toThrow(new RegExp(message.source.replace('$', '')));
  });

  test.each(['', 'Receiver', 'BOTH', null, 7, ['SENDER']])(
    'the role of the credentials endpoint is disregarded: %j (VER-07)',
    async (role) => {
      odd.endpoints = odd.endpoints.map((endpoint) => {
        const { identifier } = endpoint as { identifier: string };
        return identifier === 'credentials' ? { ...(endpoint as object), role } : endpoint;
      });
      expect(await comes(version, { name: 'Odd' })).toMatchObject({ status_code: 1000 });
      await us.runtime.backend.credentials.delete(credentialsCall({ id: 'odd' }));
      await isAsked(version);
      expect((await stored())?.connection?.endpoints[0]).toEqual({
        identifier: 'credentials',
        url: `${odd.url}/credentials`,
      });
    },
  );

  const elsewhere = [
    ['a private address', 'https://10.0.0.1/x'],
    ['the metadata service', 'http://169.254.169.254/latest/meta-data'],
    ['a password', 'https://a:b@odd.example/x'],
  ];

  test.each(elsewhere)('an endpoint that we need is refused, by name, if it leads to %s (CRED-14)', async (_, url) => {
    odd.endpoints = [...odd.endpoints.slice(0, 1), { identifier: 'tokens', role: 'SENDER', url }];
    const said = expect.stringMatching(/^Your API could not be used: The endpoint tokens: A partner's URL /);
    expect(await comes(version, { name: 'Odd' })).toMatchObject({ status_code: 3001, status_message: said });
    expect((await stored())?.connection).toBeUndefined();
    await expect(isAsked(version)).rejects.toThrow(/The endpoint tokens: /);
    expect(odd.seen.every(({ method }) => method === 'GET')).toBe(true);
  });

  test.each(elsewhere)('an endpoint that we do not need is dropped if it leads to %s, and logged', async (_, url) => {
    odd.endpoints = [...odd.endpoints, { identifier: 'cdrs', role: 'SENDER', url }];
    expect(await comes(version, { name: 'Odd' })).toMatchObject({ status_code: 1000 });
    expect((await stored())?.connection?.endpoints.map(({ identifier }) => identifier)).toEqual([
      'credentials',
      'tokens',
    ]);
    expect(us.logged.filter((line) => line.includes('cdrs'))).toEqual([expect.stringContaining('endpoints dropped')]);
  });

  test.each(elsewhere)('the URL of a version is refused, by name, if it leads to %s (CRED-14)', async (_, url) => {
    odd.versions = [{ version, url }];
    const said = expect.stringContaining(`The URL of version ${version}: A partner's URL `);
    expect(await comes(version, { name: 'Odd' })).toMatchObject({ status_code: 3001, status_message: said });
    await expect(isAsked(version)).rejects.toThrow(`The URL of version ${version}: `);
  });

  test('a version without a URL is not called missing', async () => {
    odd.versions = [{ version, url: '' }];
    const said = `Your API could not be used: you list version ${version} without a URL`;
    expect(await comes(version, { name: 'Odd' })).toMatchObject({ status_code: 3001, status_message: said });
  });

  test.each(elsewhere)('credentials are refused, by name, if their url leads to %s (CRED-14)', async (_, url) => {
    const said = expect.stringContaining("The versions URL: A partner's URL ");
    expect(await comes(version, { name: 'Odd' }, { url })).toMatchObject({ status_code: 3001, status_message: said });
    odd.credentials = { ...(odd.credentials as object), url };
    await expect(isAsked(version)).rejects.toThrow("url: A partner's URL ");
    expect((await stored())?.connection).toBeUndefined();
    expect(odd.seen.at(-1)).toMatchObject({ method: 'DELETE', path: '/credentials' });
  });

  const businessDetailsIn = (credentials: unknown) => {
    const { roles, business_details } = credentials as {
      roles?: { business_details: unknown }[];
      business_details?: unknown;
    };
    return roles ? roles.map((role) => role.business_details) : [business_details];
  };

  test('our credentials name website and logo as null for who wants the keys, and not for others', async () => {
    const posted = () => JSON.parse(odd.seen.findLast(({ method }) => method === 'POST')?.body ?? '{}');
    await isAsked(version);
    for (const details of businessDetailsIn(posted())) expect(details).toEqual({ name: 'Lumen Charging' });

    const withNulls = { name: 'Lumen Charging', website: null, logo: null };
    await isAsked(version, profiles.py_ocpi);
    for (const details of businessDetailsIn(posted())) expect(details).toEqual(withNulls);

    await us.runtime.backend.credentials.delete(credentialsCall({ id: 'odd' }));
    const { data } = await comes(version, { name: 'Odd' }, {}, { sendsNullDecoration: true });
    for (const details of businessDetailsIn(data)) expect(details).toEqual(withNulls);
    const { token } = data as { token: string };
    const path = `/ocpi${hasTreePerRole(version) ? '/cpo' : ''}/${version}/credentials`;
    const { envelope } = await send(us.url, { path, headers: { authorization: authorization(version, token) } });
    for (const details of businessDetailsIn(envelope.data)) expect(details).toEqual(withNulls);
  });

  test('a website of ours is sent to who wants the keys, too', async () => {
    us.runtime.config.business.website = 'https://lumen.example';
    await isAsked(version, profiles.py_ocpi);
    us.runtime.config.business.website = undefined;
    const [details] = businessDetailsIn(JSON.parse(odd.seen.at(-1)?.body ?? '{}'));
    expect(details).toEqual({ name: 'Lumen Charging', website: 'https://lumen.example', logo: null });
  });

  test('the profile py_ocpi presents the token as the version says (TRN-03, TRN-04)', async () => {
    await isAsked(version, profiles.py_ocpi);
    const expected = authorization(version, 'token-a');
    expect(odd.seen.map((request) => request.authorization)).toEqual([expected, expected, expected]);
  });

  test('what another server says is not told to whoever makes us ask it', async () => {
    odd.refusal = { http: 404, body: '{"detail":"Dear colleague"}' };
    const envelope = await comes(version, { name: 'Odd' });
    expect(envelope).toMatchObject({ status_code: 3001 });
    expect(JSON.stringify(envelope)).not.toContain('colleague');
    expect(us.logged.join('')).toContain('Dear colleague');
    await expect(isAsked(version)).rejects.toMatchObject({ cause: { words: 'Dear colleague' } });
  });
});

test.each(['2.2.1', '2.3.0'] as const)(
  '%s: a role that cannot be read is named, and no endpoint called missing',
  async (version) => {
    await start(version);
    odd.endpoints = [
      ...odd.endpoints.slice(0, 1),
      { identifier: 'tokens', role: 'Receiver', url: `${odd.url}/tokens` },
    ];
    expect(await comes(version, { name: 'Odd' })).toMatchObject({
      status_code: 3003,
      status_message:
        'Your version details say of tokens what cannot be used: role should be one of SENDER, RECEIVER, but was "Receiver"',
    });
    await expect(isAsked(version)).rejects.toThrow('role should be one of SENDER, RECEIVER');
  },
);

test('2.1.1 has no roles, so one that is there is disregarded', async () => {
  await start('2.1.1');
  odd.endpoints = odd.endpoints.map((endpoint) => ({ ...(endpoint as object), role: 'Receiver' }));
  expect(await comes('2.1.1', { name: 'Odd' })).toMatchObject({ status_code: 1000 });
});
