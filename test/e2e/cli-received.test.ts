/** `received …` and `tokens erase`: what partners pushed, as the owner finds it, and gets rid of it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Token } from '../../lib/ocpi/token.ts';
import { token } from '../support/builders.ts';
import { ndjson, type OwnerCli, startOwnerCli } from '../support/owner-cli.ts';

let owner: OwnerCli;
beforeEach(async () => {
  owner = await startOwnerCli();
});
afterEach(() => owner.stop());

const push = (data: Token, arrived_at = new Date().toISOString()) => {
  const { country_code, party_id, uid: id, type: token_type } = data;
  const call = { module_id: 'tokens', role: 'CPO', version: '2.3.0', country_code, party_id } as const;
  return owner.runtime.backend.tokens.create({ ...call, id, token_type, data, arrived_at } as never);
};

const linesOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test('get finds a uid whoever owns it, of all types', async () => {
  const [a, b] = [token({ uid: 'A' }), token({ uid: 'a', country_code: 'FR', type: 'APP_USER' })];
  for (const each of [a, b, token({ uid: 'B' })]) await push(each);
  const { tokens } = await owner.answerOf('received', 'get', 'A');
  expect(tokens.map((found: { token: Token }) => found.token)).toEqual([a, b]);
  const { out } = await owner.cli(['received', 'get', 'A']);
  expect(out.match(/^came in +\d{4}-/gm)).toHaveLength(2);
  expect(await owner.cli(['received', 'get', 'nobody'])).toEqual({
    code: 1,
    out: '',
    err: 'error: Nobody has pushed a Token nobody to us\n',
  });
});

test('get of one of ours says so if it is only a received one', async () => {
  await push(token({ uid: 'A' }));
  expect((await owner.cli(['tokens', 'get', 'A'])).err).toBe(
    'error: There is no Token A of ours; it is one that we received, from DE DMS\n',
  );
});

test('list shows some, of one party or of all, and says if there are more', async () => {
  for (const uid of ['A', 'B', 'C']) await push(token({ uid }));
  await push(token({ uid: 'F', country_code: 'FR' }));
  const listed = async (...args: string[]) => {
    const { tokens, hasMore } = await owner.answerOf('received', 'list', ...args);
    return [tokens.map((found: { token: Token }) => found.token.uid).toSorted(), hasMore];
  };
  expect(await listed()).toEqual([['A', 'B', 'C', 'F'], false]);
  expect(await listed('--party', 'FR', 'DMS')).toEqual([['F'], false]);
  expect((await listed('--limit', '3'))[1]).toBe(true);
  expect(await listed('--limit', '4')).toEqual([['A', 'B', 'C', 'F'], false]);
  const { out } = await owner.cli(['received', 'list', '--limit', '1']);
  expect(out).toMatch(/^UID +TYPE .*CAME IN\n[^\n]+\n\nThere are more: received export\n$/);
});

describe('export', () => {
  test('is NDJSON on standard output, and says on standard error what to begin with the next time', async () => {
    await push(token({ uid: 'OLD' }), '2020-01-01T00:00:00.000Z');
    await push(token({ uid: 'NEW' }));
    const all = await owner.cli(['received', 'export']);
    expect(linesOf(all.out).map((line) => line.token.uid)).toEqual(['OLD', 'NEW']);
    const [, since = ''] = /^2 Tokens\. The next time: --since (\S+)\n$/.exec(all.err) ?? [];
    const news = await owner.cli(['received', 'export', '--since', since, '--json']);
    expect(linesOf(news.out).map((line) => line.token.uid)).toEqual(['NEW']);
    expect(JSON.parse(news.err)).toEqual({ exported: 1, nextSince: expect.stringMatching(/^\d{4}-.*Z$/) });
  });

  test('of one party keeps to it on all its pages', async () => {
    for (let i = 0; i < 2_001; i += 1) await push(token({ uid: `D${i}` }));
    for (let i = 0; i < 5; i += 1) await push(token({ uid: `F${i}`, country_code: 'FR' }));
    const { out, err } = await owner.cli(['received', 'export', '--party', 'DE', 'DMS']);
    const uids = linesOf(out).map((line) => line.token.uid);
    expect(uids.filter((uid) => uid.startsWith('F'))).toEqual([]);
    expect(new Set(uids).size).toBe(2_001);
    expect(err).toMatch(/^2001 Tokens\. /);
  });
});

describe('erase', () => {
  test('takes what is ours and what was received; the list keeps its places', async () => {
    const own = { ...token({ uid: 'A' }), country_code: 'NL', party_id: 'LMS' };
    await owner.answerTo(ndjson([own, { ...own, uid: 'B' }]), 'tokens', 'import', '-');
    await push(token({ uid: 'a' }));
    expect(await owner.answerOf('tokens', 'erase', 'A')).toEqual({ own: 1, received: 1, waiting: 0 });
    expect((await owner.cli(['tokens', 'get', 'A'])).code).toBe(1);
    expect((await owner.cli(['received', 'get', 'A'])).code).toBe(1);
    const { out, err } = await owner.cli(['tokens', 'export']);
    const [erased, kept] = linesOf(out);
    expect(erased).toMatchObject({ valid: false, uid: expect.not.stringMatching(/^A$/) });
    expect(kept).toMatchObject({ uid: 'B', valid: true });
    expect(err).toBe('2 Tokens.\n');
    expect((await owner.cli(['tokens', 'erase', 'A'])).out).toBe('There was nothing to erase. Nothing of A is kept.\n');
  });
});
