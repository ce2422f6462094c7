/** Several parties of ours at the Sender interface (docs/requirements.md: Routing; Sender): whose Tokens a CPO sees. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Token } from '../../lib/ocpi/token.ts';
import { ownToken } from '../support/builders.ts';
import { describeStorages } from '../support/every-storage.ts';
import { invalid, type Platform, since22, startPlatform, us } from '../support/http.ts';
import { cpoOf, crawl, success, uidsIn } from '../support/sender.ts';

const belgians = { country_code: 'BE', party_id: 'LMS' };

await describeStorages((_storage, openStorage) => {
  describe('several parties of ours', () => {
    let platform: Platform;
    beforeAll(async () => {
      const parties = 'EMSP NL LMS, EMSP BE LMS, EMSP DE NEW';
      platform = await startPlatform({ ...(await openStorage()), parties });
      for (let i = 0; i < 4; i += 1) {
        await platform.addTokens(ownToken(belgians, { uid: `BE${i}` }), ownToken(us, { uid: `NL${i}` }));
      }
    });
    afterAll(() => platform.stop());
    const dutch = ['NL0', 'NL1', 'NL2', 'NL3'];
    const belgian = ['BE0', 'BE1', 'BE2', 'BE3'];

    const to = ({ country_code, party_id }: typeof us) => ({
      'OCPI-to-country-code': country_code,
      'OCPI-to-party-id': party_id,
    });

    test.each(since22)(
      '%s all of them, one party after the other, each Token with its owner (TOK-LIST-06, RTE-15)',
      async (version) => {
        const pages = await crawl((path) => cpoOf(platform, version)('GET', path), '?limit=3');
        expect(pages.flatMap(uidsIn)).toEqual([...dutch, ...belgian]);
        for (const { headers } of pages) expect(headers).toMatchObject({ 'x-total-count': '8' });
        const owners = pages.flatMap(({ envelope }) =>
          (envelope.data as Token[]).map(({ country_code }) => country_code),
        );
        expect(owners).toEqual([...dutch.map(() => 'NL'), ...belgian.map(() => 'BE')]);
      },
    );

    test('2.1.1 only the first one’s, because a Token names no owner (CRED-01, TOK-LIST-07)', async () => {
      const pages = await crawl((path) => cpoOf(platform, '2.1.1')('GET', path), '?limit=3');
      expect(pages.flatMap(uidsIn)).toEqual(dutch);
      for (const { headers } of pages) expect(headers).not.toHaveProperty('ocpi-from-party-id');
      expect(await cpoOf(platform, '2.1.1')('POST', '/NL0/authorize')).toMatchObject(success);
      expect(await cpoOf(platform, '2.1.1')('POST', '/BE0/authorize')).toMatchObject({ http: 404 });
    });

    test.each(since22)('%s a Token of another party than OCPI-to names is unknown (AUTH-10)', async (version) => {
      const ask = cpoOf(platform, version);
      expect(await ask('POST', '/BE0/authorize', undefined, to(belgians))).toMatchObject(success);
      expect(await ask('POST', '/BE0/authorize', undefined, to(us))).toMatchObject({ http: 404 });
    });

    test.each(since22)('%s or those of the party that OCPI-to names (TOK-LIST-06, RTE-01, RTE-15)', async (version) => {
      const ask = (party: typeof us) => (path: string) => cpoOf(platform, version)('GET', path, undefined, to(party));
      for (const [party, expected] of [
        [us, dutch],
        [{ country_code: 'be', party_id: 'lms' }, belgian],
        [{ country_code: 'DE', party_id: 'NEW' }, []],
      ] as const) {
        const pages = await crawl(ask(party), '?limit=3');
        expect(pages.flatMap(uidsIn)).toEqual(expected);
        for (const { headers } of pages) expect(headers).toMatchObject({ 'x-total-count': String(expected.length) });
      }
      expect(await ask({ country_code: 'NL', party_id: 'XXX' })('')).toMatchObject(invalid);
    });

    test.each(since22)('%s real-time authorization finds the Tokens of all of them (AUTH-01)', async (version) => {
      for (const uid of ['NL0', 'BE0']) {
        expect(await cpoOf(platform, version)('POST', `/${uid}/authorize`)).toMatchObject(success);
      }
    });

    test.each(since22)('%s who answers is left open, if it could be several (RTE-15)', async (version) => {
      const from = { 'OCPI-from-country-code': 'FR', 'OCPI-from-party-id': 'DCP' };
      const { headers } = await cpoOf(platform, version)('GET', '', undefined, from);
      expect(headers).toMatchObject({ 'ocpi-to-country-code': 'FR', 'ocpi-to-party-id': 'DCP' });
      expect(headers).not.toHaveProperty('ocpi-from-country-code');
    });
  });
});
