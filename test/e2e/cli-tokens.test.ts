/** The commands on our own Tokens, against the real API of the owner's. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Token } from '../../lib/ocpi/token.ts';
import { token } from '../support/builders.ts';
import { ndjson, type OwnerCli, startOwnerCli } from '../support/owner-cli.ts';

const party = { country_code: 'NL', party_id: 'LMS' };
const ownToken = (uid: string, overrides: Partial<Token> = {}) => token({ ...party, uid, ...overrides });
const count = (length: number) => Array.from({ length }, (_, i) => i);
const anyDate = expect.stringMatching(/^\d{4}-.*Z$/);
/** As partners see it: its date is ours. */
const dated = (expected: Token) => ({ ...expected, last_updated: anyDate });

let owner: OwnerCli;
let folder: string;
beforeEach(async () => {
  owner = await startOwnerCli();
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
});
afterEach(async () => {
  await owner.stop();
  rmSync(folder, { recursive: true, force: true });
});

function fileOf(content: string, name = 'tokens.ndjson'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const imported = (values: unknown[], ...args: string[]) =>
  owner.answerTo(ndjson(values), 'tokens', 'import', '-', ...args);

const nothing = {
  created: 0,
  updated: 0,
  unchanged: 0,
  stale: 0,
  taken: 0,
  invalid: 0,
  notReached: 0,
  warnings: 0,
  isComplete: true,
};

describe('tokens import', () => {
  test('bad lines are reported while the good ones go in; the same again changes nothing', async () => {
    const lines: unknown[] = count(1000).map((n) => ownToken(`T${n}`));
    lines[10] = { ...ownToken('X'), whitelist: 'SOMETIMES' };
    lines[500] = ownToken('Y', { party_id: 'XXX' });
    lines[999] = { ...ownToken('Z'), last_updated: 'yesterday' };
    const file = fileOf(`${ndjson(lines)}{"uid":\n`);
    const error = { exitCode: 1, message: '4 of 1001 were not imported; see above' };
    const counts = { ...nothing, read: 1001, invalid: 4, error };

    const first = await owner.cli(['tokens', 'import', file, '--json']);
    expect(first.code).toBe(1);
    expect(JSON.parse(first.out)).toEqual({ ...counts, created: 997 });
    expect(first.err.split('\n')).toEqual([
      expect.stringMatching(/^line 11: .*whitelist.*SOMETIMES/),
      'line 501: NL XXX is not an EMSP party of ours (NL LMS)',
      expect.stringMatching(/^line 1000: .*last_updated.*yesterday/),
      expect.stringMatching(/^line 1001: is not JSON/),
      'error: 4 of 1001 were not imported; see above',
      '',
    ]);
    const again = await owner.cli(['tokens', 'import', file, '--json']);
    expect(again).toMatchObject({ code: 1, err: first.err });
    expect(JSON.parse(again.out)).toEqual({ ...counts, unchanged: 997 });
    expect(await owner.answerOf('tokens', 'list', '--limit', '1')).toMatchObject({ total: 997 });
  });

  test('what changes stays in its place, what is older changes nothing and is reported', async () => {
    const contract = { energy_contract: { supplier_name: 'W', contract_id: 'C' } };
    const [first, second, third] = ['A', 'B', 'C'].map((uid) => ownToken(uid, contract)) as [Token, Token, Token];
    const file = fileOf(JSON.stringify([first, second, third]), 'a.json');
    await owner.answerOf('tokens', 'import', file);
    const newer = { ...second, issuer: 'New', last_updated: '2026-06-01T00:00:00.000Z' };
    const older = { ...third, issuer: 'Old', last_updated: '2020-01-01T00:00:00.000Z' };
    const changes = fileOf(JSON.stringify([older, newer, first], null, 2), 'b.json');
    const { code, out, err } = await owner.cli(['tokens', 'import', changes, '--json']);
    expect({ code, err }).toEqual({
      code: 1,
      err: `element 1: last_updated is before that of the record which we have from this source\nerror: 1 of 3 were not imported; see above\n`,
    });
    const failed = { error: { exitCode: 1, message: '1 of 3 were not imported; see above' } };
    expect(JSON.parse(out)).toEqual({ ...nothing, read: 3, updated: 1, unchanged: 1, stale: 1, ...failed });
    const { tokens } = await owner.answerOf('tokens', 'list');
    expect(tokens).toEqual([first, newer, third].map(dated));
  });

  test('--published keeps the dates of new ones, of which partners know', async () => {
    await imported([ownToken('A')], '--published');
    await imported([ownToken('B')]);
    const { tokens } = await owner.answerOf('tokens', 'list');
    expect(tokens[0]).toEqual(ownToken('A'));
    expect(tokens[1].last_updated > ownToken('B').last_updated).toBe(true);
  });

  test('--published takes no date that is later than now or missing, because partners know of none', async () => {
    const { last_updated: _, ...undated } = ownToken('A');
    const ahead = ownToken('B', { last_updated: '2099-01-01T00:00:00.000Z' });
    const lines = ndjson([undated, ahead, ownToken('C')]);
    const { code, err } = await owner.cli(['tokens', 'import', '-', '--published'], lines);
    expect(code).toBe(1);
    expect(err.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^line 1: last_updated should be there and not be later than now/),
      expect.stringMatching(/^line 2: last_updated should be there and not be later than now/),
    ]);
    expect((await owner.answerOf('tokens', 'list')).tokens).toEqual([ownToken('C')]);
  });

  test('--published dates a change of what is here already, which partners do not know', async () => {
    await imported([ownToken('A')], '--published');
    await imported([ownToken('A', { issuer: 'New' })], '--published');
    const { tokens } = await owner.answerOf('tokens', 'list');
    expect(tokens).toEqual([dated(ownToken('A', { issuer: 'New' }))]);
    expect(tokens[0].last_updated > ownToken('A').last_updated).toBe(true);
  });

  test('CSV from a spreadsheet, on standard input', async () => {
    const csv = [
      '\ufeffuid;type;contract_id;issuer;valid;whitelist;last_updated;energy_contract.supplier_name;group_id',
      'A1;RFID;C1;"Müller; Söhne";TRUE;ALLOWED;2026-01-31T12:00:00Z;Wind;',
      'A2;APP_USER;C2;Demo;maybe;ALLOWED;2026-01-31T12:00:00Z;;',
      'A3;APP_USER;C2;Demo;FALSE;NEVER;2026-01-31T12:00:00Z;;G',
    ].join('\r\n');
    const { code, out, err } = await owner.cli(['tokens', 'import', '-'], csv);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^line 3: .*valid.*maybe.*\nerror: 1 of 3 were not imported; see above\n$/),
    });
    expect(out).toMatch(/^3 Tokens in .*: 2 created, 0 updated, 0 unchanged, 0 stale, 0 taken, 1 invalid\n$/);
    const common = { ...party, last_updated: anyDate };
    const one = { uid: 'A1', type: 'RFID', contract_id: 'C1', issuer: 'Müller; Söhne', valid: true };
    const other = { uid: 'A3', type: 'APP_USER', contract_id: 'C2', issuer: 'Demo', valid: false };
    expect((await owner.answerOf('tokens', 'list')).tokens).toEqual([
      { ...common, ...one, whitelist: 'ALLOWED', energy_contract: { supplier_name: 'Wind' } },
      { ...common, ...other, whitelist: 'NEVER', group_id: 'G' },
    ]);
  });

  test('the format is that of the extension, unless another is given', async () => {
    const file = fileOf(ndjson([ownToken('A')]), 'tokens.json');
    expect(await owner.cli(['tokens', 'import', file])).toMatchObject({
      code: 1,
      err: 'error: This is not a JSON array: it begins with {. See --format.\n',
    });
    const summary = await owner.answerOf('tokens', 'import', file, '--format', 'ndjson');
    expect(summary).toEqual({ ...nothing, read: 1, created: 1 });
  });

  test('a Token of another party of ours is taken, and no reason to stop', async () => {
    const several = await startOwnerCli('EMSP NL LMS, EMSP BE LMS');
    await several.answerTo(ndjson([ownToken('A')]), 'tokens', 'import', '-');
    const theirs = ndjson([ownToken('A', { country_code: 'BE' }), ownToken('B', { country_code: 'BE' })]);
    const { code, out, err } = await several.cli(['tokens', 'import', '-', '--json'], theirs);
    expect(code).toBe(1);
    const error = { exitCode: 1, message: '1 of 2 were not imported; see above' };
    expect(JSON.parse(out)).toEqual({ ...nothing, read: 2, created: 1, taken: 1, error });
    expect(err).toContain('line 1: RFID A is a Token of another party of ours\n');
    await several.stop();
  });

  test('goes in calls of 2 000 lines, and what a call does not reach in its time is sent again', async () => {
    const sent: number[] = [];
    const slow = await startOwnerCli('EMSP NL LMS', (handler, name) => async (event, context) => {
      if (name !== 'tokens/import') return handler(event, context);
      const text = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString();
      const lines = text.trimEnd().split('\n');
      sent.push(lines.length);
      // Of each call it reaches the first 1 500.
      const reached = { ...event, headers: {}, isBase64Encoded: false };
      const answer = await handler({ ...reached, body: lines.slice(0, 1_500).join('\n') }, context);
      const { body = '', ...rest } = answer as { body?: string };
      const { outcomes } = JSON.parse(body);
      const left = lines.slice(1_500).map((_, i) => ({ line: 1_501 + i, outcome: 'not-reached' }));
      return { ...rest, body: JSON.stringify({ outcomes: [...outcomes, ...left] }) };
    });
    const values = count(2_100).map((n) => ownToken(`T${n}`));
    const summary = await slow.answerTo(ndjson(values), 'tokens', 'import', '-');
    expect(summary).toEqual({ ...nothing, read: 2_100, created: 2_100 });
    expect(sent).toEqual([2_000, 500, 100]);
    await slow.stop();
  });
});

describe('tokens', () => {
  const tokens = [
    ownToken('A', { last_updated: '2026-01-01T00:00:00.000Z' }),
    ownToken('B', { type: 'APP_USER', last_updated: '2026-02-01T00:00:00.000Z' }),
    ownToken('A', { type: 'OTHER', last_updated: '2026-03-01T00:00:00.000Z' }),
  ];
  beforeEach(() => imported(tokens, '--published'));

  test('get finds the RFID Token or the only one, or the one of the type', async () => {
    const get = (...args: string[]) => owner.answerOf('tokens', 'get', ...args);
    expect(await get('a')).toEqual({ token: tokens[0], settings: {}, told: [] });
    expect(await get('B')).toEqual({ token: tokens[1], settings: {}, told: [] });
    expect(await get('A', '--type', 'OTHER')).toEqual({ token: tokens[2], settings: {}, told: [] });
    expect(Object.keys((await get('A')).token).join(' ')).toBe(
      'country_code party_id uid type contract_id issuer valid whitelist last_updated',
    );
    expect((await owner.cli(['tokens', 'get', 'B'])).out).toMatch(/^country_code +NL\nparty_id +LMS\nuid +B\n/);
    for (const command of ['get', 'block', 'unblock']) {
      expect(await owner.cli(['tokens', command, 'B', '--type', 'RFID'])).toMatchObject({
        code: 1,
        out: '',
        err: 'error: There is no Token B of type RFID of ours\n',
      });
    }
  });

  test('list pages and filters', async () => {
    const list = async (...args: string[]) => (await owner.answerOf('tokens', 'list', ...args)).tokens;
    expect(await owner.answerOf('tokens', 'list')).toEqual({ tokens, total: 3, offset: 0, limit: 100 });
    expect(await list('--offset', '1', '--limit', '1')).toEqual([tokens[1]]);
    expect(await list('--date-from', '2026-02-01T00:00:00Z')).toEqual(tokens.slice(1));
    expect(await list('--date-to', '2026-02-01T00:00:00Z')).toEqual(tokens.slice(0, 1));
    expect(await list('--party', 'NL', 'LMS')).toEqual(tokens);
    expect(await owner.cli(['tokens', 'list', '--party', 'NL', 'XXX'])).toMatchObject({
      code: 2,
      err: 'error: NL XXX is not an EMSP party of ours (NL LMS)\n',
    });
    const { out } = await owner.cli(['tokens', 'list', '--offset', '1']);
    expect(out).toMatch(/^UID .*\nB .*\nA .*\n\n2 to 3 of 3\n$/);
    expect((await owner.cli(['tokens', 'list', '--offset', '9'])).out).toBe('No Tokens from 9 on; there are 3.\n');
  });

  test('list goes on beyond what one call gives, and export to the end', async () => {
    await imported(count(1_200).map((n) => ownToken(`T${n}`)));
    const listed = (await owner.answerOf('tokens', 'list', '--limit', '1100')).tokens;
    expect(listed).toHaveLength(1_100);
    const { out, err } = await owner.cli(['tokens', 'export', '--json']);
    const uids = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).uid);
    expect(uids).toEqual(['A', 'B', 'A', ...count(1_200).map((n) => `T${n}`)]);
    expect(JSON.parse(err)).toEqual({ exported: 1_203 });
  });

  test('block stops a Token everywhere, and a newer file does not bring it back', async () => {
    const info = [{ language: 'en', text: 'Please call' }];
    const args = ['--why', 'lost', '--info', 'en=Please call'];
    const blocked = await owner.answerOf('tokens', 'block', 'A', ...args);
    expect(blocked.settings).toEqual({ blocked: true, block: { why: 'lost', info } });
    expect(blocked.token).toEqual({ ...dated(tokens[0] as Token), valid: false });
    const shown = await owner.answerOf('tokens', 'get', 'A');
    expect(shown).toEqual({ ...blocked, token: { ...blocked.token, last_updated: anyDate }, told: [] });

    const later = { ...tokens[0], last_updated: '2026-04-01T00:00:00.000Z' };
    await imported([later]);
    expect((await owner.answerOf('tokens', 'get', 'A')).token.valid).toBe(false);
    const free = await owner.answerOf('tokens', 'unblock', 'A');
    expect(free).toEqual({ token: dated(tokens[0] as Token), settings: {} });
    expect(free.token.last_updated > blocked.token.last_updated).toBe(true);
  });

  test('set changes what is named and leaves the rest', async () => {
    const set = async (...args: string[]) => (await owner.answerOf('tokens', 'set', 'A', ...args)).settings;
    const allowedLocations = [{ location_id: 'L1' }, { location_id: 'L2', evse_uids: ['E1', 'E2'] }];
    const expiresAt = '2999-01-01T00:00:00.000Z';
    expect(await set('--expires-at', '2999-01-01T00:00:00Z', '--credit', 'no')).toEqual({
      expiresAt,
      hasNoCredit: true,
    });
    expect(await set('--allow-location', 'L1', '--allow-location', 'L2:E1,E2', '--needs-location', 'yes')).toEqual({
      expiresAt,
      hasNoCredit: true,
      needsLocation: true,
      allowedLocations,
    });
    expect(await set('--expires-at', 'never', '--credit', 'yes', '--needs-location', 'no')).toEqual({
      allowedLocations,
    });
    expect((await owner.cli(['tokens', 'get', 'A'])).out).toMatch(/\n\nBeside it:\nallowedLocations +\[/);
    expect(await set('--allow-all-locations')).toEqual({});
    expect((await owner.answerOf('tokens', 'get', 'A')).token).toMatchObject({ uid: 'A', valid: true });
  });
});
