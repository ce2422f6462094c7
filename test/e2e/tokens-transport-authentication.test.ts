/** Authentication (docs/requirements.md: Authentication), as partners meet it on all five Tokens endpoints. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { versionNumbers } from '../../lib/ocpi/versions.ts';
import { accessToken, credentialsCall, peer, peerUpdate, sha256 } from '../support/builders.ts';
import { base64, send } from '../support/http.ts';
import { emspToken } from '../support/runtime.ts';
import { askOf, type Endpoint, endpointsOf, put, startTransport } from '../support/transport.ts';

const platform = await startTransport();
afterAll(() => platform.stop());
const ask = askOf(platform);

describe.each(versionNumbers)('%s', (version) => {
  const endpoints = endpointsOf(version);
  const [, get] = endpoints[2] as [string, Endpoint];
  beforeAll(async () => {
    await ask(version, put(version));
  });

  describe('authentication', () => {
    const encoded = base64(emspToken);
    test.each([
      ['as it is (TRN-03, TRN-06, TRN-07)', `Token ${emspToken}`],
      ['in Base64 (TRN-04, TRN-07)', `Token ${encoded}`],
      ['in Base64 without padding (TRN-08)', `Token ${encoded.replaceAll('=', '')}`],
      ['in Base64, with a newline at the end (TRN-08)', `Token ${base64(`${emspToken}\n`)}`],
      ['in Base64, with CR LF at the end (TRN-08)', `Token ${base64(`${emspToken}\r\n`)}`],
      ['behind a scheme in lower case (TRN-13)', `token ${encoded}`],
      ['behind a scheme in upper case (TRN-13)', `TOKEN ${emspToken}`],
    ])('a credentials token is known %s (TRN-02)', async (_how, authorization) => {
      expect(encoded).toMatch(/=$/);
      expect(await ask(version, get, { authorization })).toMatchObject({ http: 200, envelope: { status_code: 1000 } });
    });

    test('the name of a header has no case (TRN-13)', async () => {
      const { secret: _, ...sent } = get;
      const answer = await send(platform.url, { ...sent, headers: { AUTHORIZATION: `Token ${encoded}` } });
      expect(answer.http).toBe(200);
    });

    test.each([
      ['no header', undefined],
      ['an empty header', ''],
      ['a scheme alone', 'Token'],
      ['a token alone', encoded],
      ['another scheme', `Bearer ${encoded}`],
      ['Basic', `Basic ${base64(`${emspToken}:`)}`],
      ['two tokens', `Token ${encoded} ${encoded}`],
      ['an unknown token', `Token ${base64('unknown')}`],
      ['the other case', `Token ${base64(emspToken.toUpperCase())}`],
      ['Base64 of Base64', `Token ${base64(encoded)}`],
      ['Base64 of nothing', `Token ${base64('\n')}`],
      ['a part of a token', `Token ${emspToken.slice(0, -1)}`],
    ])('%s is 401 with the envelope, on every endpoint (TRN-10, TRN-12)', async (_what, authorization) => {
      for (const [, { secret: _, ...sent }] of endpoints) {
        const answer = await send(platform.url, {
          ...sent,
          headers: authorization === undefined ? {} : { authorization },
        });
        expect(answer).toMatchObject({ http: 401, envelope: { status_code: 2000 } });
        expect(answer.envelope).not.toHaveProperty('data');
      }
    });

    test('who is unknown learns nothing else (TRN-10)', async () => {
      const secret = 'unknown';
      for (const body of ['{', {}]) {
        expect(await ask(version, { ...put(version), body, secret })).toMatchObject({ http: 401 });
      }
      expect(await ask(version, { ...get, path: get.path.replace('DMS', 'XXX'), secret })).toMatchObject({ http: 401 });
    });

    test.each(endpoints)('a CREDENTIALS_TOKEN_A is 401 on %s (TRN-11)', async (name, endpoint) => {
      const secret = `token-a-${version}-${name}`;
      const tokensWeGave = [{ sha256: sha256(secret), isForRegistration: true as const }];
      const both = (['EMSP', 'CPO'] as const).map((role) => ({ role, country_code: 'DE', party_id: 'DMS' }));
      await platform.add(peer({ id: secret, roles: both, tokensWeGave }));
      expect(await ask(version, { ...endpoint, secret })).toMatchObject({ http: 401, envelope: { status_code: 2000 } });
    });

    test('a token stops at once when its peer is gone, and when it expires (TRN-09)', async () => {
      const { credentials } = platform.runtime.backend;
      const id = `leaving-${version}`;
      const data = peer({ id });
      await platform.add(data);
      expect(await ask(version, { ...get, secret: `${id}-token` })).toMatchObject({ http: 200 });

      const { revision = '' } = (await credentials.get(credentialsCall({ id }))) ?? {};
      const expiresAt = new Date(Date.now() - 1).toISOString();
      const expired = { ...data, tokensWeGave: [{ ...accessToken(`${id}-token`), expiresAt }] };
      await credentials.update(peerUpdate(expired, revision));
      expect(await ask(version, { ...get, secret: `${id}-token` })).toMatchObject({ http: 401 });

      await credentials.delete(credentialsCall({ id }));
      expect(await ask(version, { ...get, secret: `${id}-token` })).toMatchObject({ http: 401 });
    });

    test('the Base64 alphabet has + and / (TRN-04)', async () => {
      const id = `signs-${version}`;
      const secret = `>>>???~${version}`;
      await platform.add(peer({ id, tokensWeGave: [accessToken(secret)] }));
      expect(base64(secret)).toMatch(/\+.*\//);
      expect(await ask(version, get, { authorization: `Token ${base64(secret)}` })).toMatchObject({ http: 200 });
    });

    test('a token that is the Base64 of another’s: the version’s own way is tried first (TRN-07, TRN-09)', async () => {
      const secret = `inner-${version}`;
      const party = { role: 'EMSP', country_code: 'BE' } as const;
      await platform.add(
        peer({ id: secret, roles: [{ ...party, party_id: 'DEC' }], tokensWeGave: [accessToken(secret)] }),
        peer({
          id: `raw-${secret}`,
          roles: [{ ...party, party_id: 'RAW' }],
          tokensWeGave: [accessToken(base64(secret))],
        }),
      );
      const seenAs = async (party_id: string) => {
        const path = `/ocpi/cpo/${version}/tokens/BE/${party_id}/NONE`;
        const answer = await ask(
          version,
          { method: 'GET', path, secret: '' },
          { authorization: `Token ${base64(secret)}` },
        );
        return answer.envelope.status_message === 'Unknown Token';
      };
      expect({ raw: await seenAs('RAW'), decoded: await seenAs('DEC') }).toEqual(
        version === '2.1.1' ? { raw: true, decoded: false } : { raw: false, decoded: true },
      );
    });
  });
});
