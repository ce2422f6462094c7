/** Lists of several parties of ours: whose Tokens a peer gets, and what stands in the Link that it follows. */
import { beforeEach, describe, expect, test } from 'vitest';
import { endpoint as authorizeToken } from '../../../../functions/tokens/authorize-token.ts';
import { endpoint as listTokens } from '../../../../functions/tokens/list-tokens.ts';
import { accessOf } from '../../../../lib/peers/access.ts';
import { parseParties } from '../../../../lib/runtime/config.ts';
import { accessToken, credentialsCall, ownCreation, ownToken, peer } from '../../../support/builders.ts';
import { call, cpoToken, type TestAnswer, testRuntime } from '../../../support/runtime.ts';

const first = { country_code: 'NL', party_id: 'AAA' };
const second = { country_code: 'NL', party_id: 'BBB' };
const parties = parseParties('CPO NL CCC, EMSP NL AAA, EMSP NL BBB');

let runtime: Awaited<ReturnType<typeof testRuntime>>;
beforeEach(async () => {
  runtime = await testRuntime({ config: { parties } });
  for (const uid of ['A1', 'A2', 'A3']) await runtime.backend.tokens.create(ownCreation(ownToken(first, { uid })));
  for (const uid of ['B1', 'B2']) {
    await runtime.backend.tokens.create(ownCreation(ownToken(second, { uid, type: 'APP_USER' })));
  }
  const limited = peer({
    id: 'limited',
    roles: [{ role: 'CPO', country_code: 'BE', party_id: 'LIM' }],
    tokensWeGave: [accessToken('limited-token')],
  });
  const access = { ...accessOf(limited), ownParties: [second], tokenTypes: ['RFID'] };
  await runtime.backend.credentials.create(credentialsCall({ data: limited, access, claims: [] }));
});

const list = (query: Record<string, string>, headers: Record<string, string> = {}, token = cpoToken) =>
  call(listTokens, runtime, { query, headers, token });
const uidsOf = ({ envelope }: TestAnswer) => (envelope.data as { uid: string }[]).map(({ uid }) => uid);
const nextOf = ({ headers }: TestAnswer): Record<string, string> => {
  const [, url = ''] = /^<(.+)>; rel="next"$/.exec(headers.Link ?? '') ?? [];
  return Object.fromEntries(new URL(url).searchParams);
};
const to = (party_id: string) => ({ 'ocpi-to-country-code': 'NL', 'ocpi-to-party-id': party_id });

test('lays the lists of our parties end to end, by Link', async () => {
  const seen: string[] = [];
  let answer = await list({ limit: '2' });
  for (;;) {
    seen.push(...uidsOf(answer));
    expect(answer.headers['X-Total-Count']).toBe('5');
    if (!answer.headers.Link) break;
    const next = nextOf(answer);
    expect(next).toMatchObject({ offset: String(seen.length), limit: '2', began: '2026-03-01T12:00:00.000Z' });
    answer = await list(next);
  }
  expect(seen).toEqual(['A1', 'A2', 'A3', 'B1', 'B2']);
});

test('a page that a storage has cut short says so, and the next one is asked for whole', async () => {
  const { tokens } = runtime.backend;
  const cut: typeof tokens.list = async (query) => {
    const page = await tokens.list(query);
    return page.items.length < 2 ? page : { ...page, items: page.items.slice(0, 1), isLast: false, limit: 1 };
  };
  const short = { ...runtime, backend: { ...runtime.backend, tokens: { ...tokens, list: cut } } };
  const answer = await call(listTokens, short, { query: { limit: '3' }, headers: to('AAA'), token: cpoToken });
  expect(uidsOf(answer)).toEqual(['A1']);
  expect(answer.headers['X-Limit']).toBe('1');
  expect(nextOf(answer)).toMatchObject({ offset: '1', limit: '3' });
});

describe('the party in OCPI-to (RTE-15)', () => {
  test('of the role is the only one that is listed', async () => {
    expect(uidsOf(await list({}, to('bbb')))).toEqual(['B1', 'B2']);
  });

  test('of ours in another role asks for all', async () => {
    expect(uidsOf(await list({}, to('CCC')))).toHaveLength(5);
  });

  test('that is none of ours is 2001 where several of ours could be meant', async () => {
    const { envelope } = await list({}, to('XXX'));
    expect(envelope.status_code).toBe(2001);
    expect(envelope.status_message).toContain('XXX');
  });

  test('that is none of ours is not asked for where only one of ours is the peer’s business', async () => {
    expect(uidsOf(await list({}, to('XXX'), 'limited-token'))).toEqual(['B1', 'B2']);
  });
});

describe('a peer that is limited to one of our parties and to a type', () => {
  const authorize = async (uid: string) =>
    await call(authorizeToken, runtime, {
      path: `${uid}/authorize`,
      query: { type: uid.startsWith('B') ? 'APP_USER' : 'RFID' },
      token: 'limited-token',
    });

  test('gets the Tokens of that party alone', async () => {
    expect(uidsOf(await list({}, {}, 'limited-token'))).toEqual(['B1', 'B2']);
    expect(uidsOf(await list({}, to('AAA'), 'limited-token'))).toEqual([]);
  });

  test('learns of no other Token that it exists', async () => {
    for (const uid of ['A1', 'B1', 'NONE']) {
      const { http, envelope } = await authorize(uid);
      expect({ http, status_code: envelope.status_code }).toEqual({ http: 404, status_code: 2004 });
    }
    await runtime.backend.tokens.create(ownCreation(ownToken(second, { uid: 'C1' })));
    expect((await authorize('C1')).envelope.status_code).toBe(1000);
  });
});

describe('a place in a Link', () => {
  test.each([
    ['another offset', { offset: '0' }, ['A1', 'A2']],
    ['other filters', { date_to: '2030-01-01T00:00:00Z' }, ['A3', 'B1']],
  ])('counts only with what it was made for: %s', async (_what, changes, uids) => {
    const next = nextOf(await list({ limit: '2' }));
    // One that led elsewhere would show.
    const forged = { ...next, after: (next.after ?? 'AAAAAAAAAAAA.0.3-2').replace(/\.0\./, '.1.') };
    expect(uidsOf(await list({ ...forged, ...changes }))).toEqual(uids);
  });

  test('counts only for whom it was made', async () => {
    const next = nextOf(await list({ limit: '2' }));
    expect(uidsOf(await list({ ...next, offset: '0' }, to('BBB')))).toEqual(['B1', 'B2']);
  });

  test.each(['', 'x', 'AAAAAAAAAAAA.0', 'AAAAAAAAAAAA.0.1.\x7f', `AAAAAAAAAAAA.0.1.${'a'.repeat(401)}`])(
    'that no Link ever held is 2001: %j',
    async (after) => {
      const { envelope } = await list({ after });
      expect(envelope.status_code).toBe(after === '' ? 1000 : 2001);
    },
  );

  test('with a beginning of the walk that is no DateTime is 2001', async () => {
    expect((await list({ began: 'yesterday' })).envelope.status_code).toBe(2001);
  });

  test('shows no date later than the beginning of the walk, which is never later than now', async () => {
    const last_updated = '2026-03-01T12:00:05.000Z';
    await runtime.backend.tokens.create(ownCreation(ownToken(first, { uid: 'A4', last_updated })));
    const dateOf = async (query: Record<string, string>) =>
      ((await list({ offset: '3', limit: '1', ...query })).envelope.data as { last_updated: string }[])[0]
        ?.last_updated;
    expect(await dateOf({})).toBe('2026-03-01T12:00:00Z');
    expect(await dateOf({ began: '2026-02-01T12:00:00Z' })).toBe('2026-02-01T12:00:00Z');
    expect(await dateOf({ began: '2027-02-01T12:00:00Z' })).toBe('2026-03-01T12:00:00Z');
  });
});
