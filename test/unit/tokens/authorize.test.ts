/** Real-time authorization on a storage: what it asks the decision, and what it does when that takes too long. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TokensStorage } from '../../../lib/crud/crud.ts';
import { authorizeBy } from '../../../lib/tokens/authorize.ts';
import { type Decide, decideByRecord } from '../../../lib/tokens/decide.ts';
import { ownToken } from '../../support/builders.ts';

const party = { country_code: 'NL', party_id: 'LMS' };
const now = '2026-03-01T12:00:00.000Z';
const card = ownToken(party, { uid: 'A', language: 'de' });
const ambient = { now: () => new Date(now), newId: () => 'reference' };
const call = {
  module_id: 'tokens',
  role: 'EMSP',
  version: '2.3.0',
  action: 'AuthorizeToken',
  data: { token_uid: 'A', token_type: 'RFID', location_reference: undefined },
} as const;

const storing = (stored: Awaited<ReturnType<TokensStorage['get']>>) => ({ get: async () => stored });
const ask = (decide: Decide, stored: Awaited<ReturnType<TokensStorage['get']>> = { data: card, revision: 'r' }) =>
  authorizeBy(storing(stored), decide, ambient)(call);

test('answers nothing about a Token that is not there', async () => {
  expect(await authorizeBy({ get: async () => undefined }, decideByRecord, ambient)(call)).toBeUndefined();
});

test('shows no date from the future, neither to the decision nor to the peer', async () => {
  const ahead = { data: { ...card, last_updated: '2026-03-01T12:00:04.000Z' }, revision: 'r' };
  expect((await ask(decideByRecord, ahead))?.token.last_updated).toBe(now);
});

test.each([
  ['in the language of the Token', ['en', 'de'], 'de'],
  ['the first there is, where none is in its language', ['en', 'fr'], 'en'],
])('tells the driver why a Token is blocked: %s', async (_, languages, told) => {
  const info = languages.map((language) => ({ language, text: `blocked (${language})` }));
  const blocked = { data: card, revision: 'r', settings: { blocked: true, block: { info } } } as const;
  expect(await ask(decideByRecord, blocked)).toMatchObject({ allowed: 'BLOCKED', info: { language: told } });
});

describe('a decision that is not made at once', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is waited for', async () => {
    expect(await ask(async ({ token }) => ({ allowed: 'NO_CREDIT', token }))).toMatchObject({ allowed: 'NO_CREDIT' });
  });

  test('fails as it fails', async () => {
    await expect(ask(() => Promise.reject(new Error('billing is down')))).rejects.toThrow('billing is down');
  });

  test('is NOT_ALLOWED when it takes longer than two seconds', async () => {
    const answer = ask(() => new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(1_999);
    let isAnswered = false;
    void answer.then(() => {
      isAnswered = true;
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(isAnswered).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toMatchObject({ allowed: 'NOT_ALLOWED' });
  });
});
