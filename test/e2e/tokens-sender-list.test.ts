/** The list of our Tokens at the Sender interface (docs/requirements.md: Lists; Sender): what a CPO that pages through them sees. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownToken } from '../support/builders.ts';
import { describeStorages } from '../support/every-storage.ts';
import { invalid, type Platform, startPlatform, tokenBody, us } from '../support/http.ts';
import { atHour, cpoOf, crawl, success, uidsIn } from '../support/sender.ts';

const onWire = (instant: string) => instant.replace('.000Z', 'Z');

await describeStorages((_storage, openStorage, versions) => {
  describe('list', () => {
    const publicUrl = 'https://roaming.example.com/our/base';
    // Created in this order, so a list in order of last_updated would be another one.
    const hours = [5, 1, 9, 3, 7, 0, 8, 2, 6, 4];
    const own = hours.map((hour, i) =>
      ownToken(us, {
        uid: `DRIVER${i}`,
        type: i % 4 === 1 ? 'OTHER' : 'RFID',
        valid: i % 3 !== 0,
        last_updated: atHour(hour),
      }),
    );
    const uids = own.map(({ uid }) => uid);
    let platform: Platform;
    beforeAll(async () => {
      const config = { publicUrl, pageSize: { default: 4, max: 6 } };
      platform = await startPlatform({ ...(await openStorage()), config });
      await platform.addTokens(...own);
    });
    afterAll(async () => {
      expect(platform.logged.join('')).not.toMatch(/DRIVER|cpo-token/);
      await platform.stop();
    });

    describe.each(versions)('%s', (version) => {
      const list = (path: string) => cpoOf(platform, version)('GET', path);

      test('has all Tokens, valid or not, oldest creation first (TOK-LIST-01, TOK-LIST-02, TOK-LIST-03, LIST-11)', async () => {
        const pages = await crawl(list, '');
        const expected = own.map(({ uid, type, valid, last_updated }) =>
          tokenBody(version, { ...(version !== '2.1.1' && us), uid, type, valid, last_updated: onWire(last_updated) }),
        );
        expect(pages.flatMap(({ envelope }) => envelope.data)).toStrictEqual(expected);
      });

      test('a page says how many there are, and how many it can hold (LIST-01, LIST-02, LIST-07, LIST-08, LIST-09)', async () => {
        const page = await list('');
        expect(page).toMatchObject({ ...success, headers: { 'x-total-count': '10', 'x-limit': '4' } });
        expect(uidsIn(page)).toEqual(uids.slice(0, 4));
      });

      test.each([
        ['?offset=0', 0, 4, 4],
        ['?offset=3', 3, 7, 4],
        ['?offset=8', 8, 10, 4],
        ['?limit=1', 0, 1, 1],
        ['?limit=6', 0, 6, 6],
        ['?limit=7', 0, 6, 6],
        ['?limit=2000', 0, 6, 6],
        ['?offset=5&limit=5', 5, 10, 5],
        ['?offset=5&limit=4', 5, 9, 4],
        ['?limit=&offset=&date_from=&date_to=', 0, 4, 4],
      ])(
        '%s is %i to %i of a limit of %i (LIST-02, LIST-05, LIST-06, LIST-08, LIST-09, LIST-10, LIST-20)',
        async (query, from, to, limit) => {
          const page = await list(query);
          expect(uidsIn(page)).toEqual(uids.slice(from, to));
          expect(page.headers).toMatchObject({ 'x-total-count': '10', 'x-limit': String(limit) });
          if (to === 10) expect(page.headers).not.toHaveProperty('link');
          else
            expect(page.headers.link).toContain(
              `<${publicUrl}/ocpi/emsp/${version}/tokens/?offset=${to}&limit=${limit}&began=2`,
            );
        },
      );

      test.each(['?offset=10', '?offset=11&limit=2', '?offset=999999999'])(
        '%s is an empty last page (LIST-15, ENV-06)',
        async (query) => {
          const page = await list(query);
          expect(page).toMatchObject({ ...success, headers: { 'x-total-count': '10' } });
          expect(page.envelope.data).toStrictEqual([]);
          expect(page.headers).toHaveProperty('x-limit');
          expect(page.headers).not.toHaveProperty('link');
        },
      );

      test('Link leads through all Tokens, each once, with counts on every page (LIST-05, LIST-06)', async () => {
        for (const limit of [1, 3, 5, 10]) {
          const pages = await crawl(list, `?limit=${limit}`);
          expect(pages.flatMap(uidsIn)).toEqual(uids);
          expect(pages).toHaveLength(Math.ceil(uids.length / Math.min(limit, 6)));
          for (const { headers } of pages) {
            expect(headers).toMatchObject({ 'x-total-count': '10', 'x-limit': String(Math.min(limit, 6)) });
          }
        }
      });

      test.each([
        ['?offset=-1', 'offset', '-1'],
        ['?offset=two', 'offset', 'two'],
        ['?offset=1.5', 'offset', '1.5'],
        ['?limit=0', 'limit', '0'],
        ['?limit=-5', 'limit', '-5'],
        ['?limit=1.5', 'limit', '1.5'],
        ['?limit=1e1', 'limit', '1e1'],
        ['?limit=0x5', 'limit', '0x5'],
        ['?limit=%205', 'limit', ' 5'],
        ['?limit=+5', 'limit', ' 5'],
        ['?limit=Infinity', 'limit', 'Infinity'],
        ['?limit=4&limit=5', 'limit', '4,5'],
        ['?date_from=yesterday', 'date_from', 'yesterday'],
        ['?date_from=2026-01-01', 'date_from', '2026-01-01'],
        ['?date_to=2026-02-30T00:00:00Z', 'date_to', '2026-02-30T00:00:00Z'],
        ['?date_to=2026-01-01T00:00:00%2B02:00', 'date_to', '2026-01-01T00:00:00+02:00'],
        ['?date_from=1767225600', 'date_from', '1767225600'],
      ])('%s is 2001 (LIST-14, LIST-15)', async (query, name, value) => {
        const answer = await list(query);
        expect(answer).toMatchObject(invalid);
        expect(answer.envelope).not.toHaveProperty('data');
        expect(answer.envelope.status_message).toMatch(new RegExp(`^${name} should be `));
        expect(answer.envelope.status_message).toContain(`but was "${value}"`);
      });

      /** The Tokens updated in these hours, in order of creation. */
      const within = (from: number, to: number) =>
        own.filter((_, i) => from <= (hours[i] ?? 0) && (hours[i] ?? 0) < to).map(({ uid }) => uid);
      test.each([
        ['date_from is inclusive', `?date_from=${atHour(3)}`, 3, 99],
        ['date_to is exclusive', `?date_to=${atHour(3)}`, -99, 3],
        ['both', `?date_from=${atHour(3)}&date_to=${atHour(8)}`, 3, 8],
        ['a millisecond after', `?date_from=2026-01-01T03:00:00.001Z`, 4, 99],
        ['a millisecond after the last', `?date_to=2026-01-01T03:00:00.001Z`, -99, 4],
        ['without Z (DT-10)', `?date_from=2026-01-01T03:00:00`, 3, 99],
        ['percent-encoded (DT-10)', `?date_from=2026-01-01T03%3A00%3A00Z&date_to=2026-01-01T08%3a00%3a00.000Z`, 3, 8],
        ['before all', `?date_from=2020-01-01T00:00:00Z`, 0, 99],
        ['the whole span', `?date_from=${atHour(0)}&date_to=${atHour(10)}`, 0, 10],
        ['after all', `?date_from=${atHour(10)}`, 10, 99],
        ['from is to (LIST-15)', `?date_from=${atHour(3)}&date_to=${atHour(3)}`, 3, 3],
        ['from is after to (LIST-15)', `?date_from=${atHour(8)}&date_to=${atHour(3)}`, 8, 3],
      ])('date filters: %s (LIST-03, LIST-04, LIST-07, LIST-11)', async (_what, query, from, to) => {
        const expected = within(from, to);
        const pages = await crawl(list, `${query}&limit=3`);
        expect(pages.flatMap(uidsIn)).toEqual(expected);
        expect(pages).toHaveLength(Math.max(Math.ceil(expected.length / 3), 1));
        for (const page of pages) {
          expect(page).toMatchObject({
            ...success,
            headers: { 'x-total-count': String(expected.length), 'x-limit': '3' },
          });
        }
      });

      test('the next interval starts where the one before ended (LIST-03)', async () => {
        const instants = [0, 3, 8, 10].map(atHour);
        const intervals = instants.slice(1).map((to, i) => `?date_from=${instants[i]}&date_to=${to}&limit=6`);
        const seen = await Promise.all(intervals.map(async (query) => (await crawl(list, query)).flatMap(uidsIn)));
        expect(seen.flat().toSorted()).toEqual(uids);
      });

      test('Link repeats every filter (LIST-05)', async () => {
        const filters = { date_from: '2026-01-01T01:00:00', date_to: '2026-01-01T09:00:00.500Z' };
        const page = await list(`?${new URLSearchParams({ ...filters, offset: '1', limit: '2' }).toString()}`);
        const [, target = ''] = /^<(.+)>/.exec(String(page.headers.link)) ?? [];
        expect(target.startsWith(`${publicUrl}/ocpi/emsp/${version}/tokens`)).toBe(true);
        expect(Object.fromEntries(new URL(target).searchParams)).toMatchObject({ ...filters, offset: '3', limit: '2' });
      });

      test.each(['', '/', '//', '/?limit=4'])('the list is at tokens%s too (TRN-31)', async (path) => {
        expect(uidsIn(await list(path))).toEqual(uids.slice(0, 4));
      });

      test.each(['/DRIVER0', '/NL/LMS/DRIVER0'])(
        'the Sender has no single Token: tokens%s is 404 (TRN-42)',
        async (path) => {
          expect(await list(path)).toMatchObject({ http: 404, envelope: { status_code: 2000 } });
        },
      );
    });
  });

  test('where not all match Link asks for as many as before, however short pages are (LIST-05, LIST-10)', async () => {
    const platform = await startPlatform(await openStorage());
    const own = Array.from({ length: 200 }, (_, i) =>
      ownToken(us, { uid: `DENSE${i}`, last_updated: atHour(i % 4 === 0 ? 0 : 5) }),
    );
    await platform.addTokens(...own);
    const pages = await crawl((path) => cpoOf(platform, '2.3.0')('GET', path), `?date_from=${atHour(1)}&limit=20`);
    expect(pages.flatMap(uidsIn)).toEqual(own.filter((_, i) => i % 4 !== 0).map(({ uid }) => uid));
    const links = pages.flatMap(({ headers }) => headers.link ?? []);
    expect(links.filter((link) => !/[?&]limit=20&/.test(String(link)))).toEqual([]);
    // As many Tokens are looked at for a page as it may hold.
    expect(pages.length).toBeLessThanOrEqual(own.length / 20 + 1);
    await platform.stop();
  });

  test.each(versions)('%s a page has 100 Tokens by default, and 1000 at most (LIST-01, LIST-10)', async (version) => {
    const platform = await startPlatform(await openStorage());
    expect((await cpoOf(platform, version)('GET', '')).headers).toMatchObject({
      'x-limit': '100',
      'x-total-count': '0',
    });
    expect((await cpoOf(platform, version)('GET', '?limit=5000')).headers).toMatchObject({ 'x-limit': '1000' });
    expect((await cpoOf(platform, version)('GET', '')).envelope.data).toStrictEqual([]);
    await platform.stop();
  });
});
