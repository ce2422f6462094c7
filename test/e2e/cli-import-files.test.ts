/** Files as people have them, through the command line and the owner's API: what is in afterwards, and what was said. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Token } from '../../lib/ocpi/token.ts';
import { type OwnerCli, startOwnerCli } from '../support/owner-cli.ts';

let owner: OwnerCli;
beforeEach(async () => {
  owner = await startOwnerCli();
});
afterEach(() => owner.stop());

const cli = (args: string[], input?: string) => owner.cli(['tokens', ...args], input);

async function uids(): Promise<string[]> {
  const { tokens } = JSON.parse((await cli(['list', '--json'])).out) as { tokens: Token[] };
  return tokens.map(({ uid }) => uid);
}

const header = ['uid', 'type', 'contract_id', 'issuer', 'valid', 'whitelist', 'last_updated'];
const row = (uid: string) => [uid, 'RFID', `C-${uid}`, 'Acme', 'TRUE', 'ALLOWED', '2026-01-01T00:00:00Z'];
const table = (rows: string[][], delimiter = ',', end = '\n') => rows.map((cells) => cells.join(delimiter)).join(end);

describe('tokens import', () => {
  test('takes every line of a file whose lines end with CR', async () => {
    const { code, out } = await cli(['import', '-'], table([header, row('A'), row('B')], ',', '\r'));
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^2 Tokens .*: 2 created, .*, 0 invalid\n$/) });
    expect(await uids()).toEqual(['A', 'B']);
  });

  test('takes rows that a spreadsheet has left empty for nothing', async () => {
    const file = table([header, row('A'), header.map(() => ''), header.map(() => '')], ';', '\r\n');
    const { code, out, err } = await cli(['import', '-'], file);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^1 Tokens .*: 1 created, .*, 0 invalid\n$/);
  });

  test('takes nothing from a file that names a column twice', async () => {
    const file = table([
      ['UID', ...header],
      ['A', ...row('B')],
    ]);
    expect(await cli(['import', '-'], file)).toEqual({
      code: 1,
      out: '',
      err: "error: The header row, which names OCPI's fields, names uid more than once: UID, uid\n",
    });
    const { out } = await cli(['import', '-', '--json'], file);
    expect(JSON.parse(out)).toEqual({ error: { exitCode: 1, message: expect.stringContaining('uid') } });
    expect(await uids()).toEqual([]);
  });

  const withoutIssuer = table([
    ['UID', 'Type', 'Contract ID', 'Valid', 'Whitelist', 'Last Updated'],
    ...['4.5E+12', 'B', 'b'].map((uid) => row(uid).toSpliced(3, 1)),
    row('C').toSpliced(3, 2, 'maybe'),
  ]);
  const warnings = [
    'line 2: warning: uid 4.5E+12 is a number as a spreadsheet rounds it, and no card',
    'line 4: warning: RFID b stands in line 3 already',
    expect.stringMatching(/^line 5: valid should be true or false/),
  ];

  test('fills in what is given once, and warns by line', async () => {
    const { code, out, err } = await cli(['import', '-', '--set', 'issuer=Acme & Co', '--json'], withoutIssuer);
    expect(err.split('\n')).toEqual([...warnings, 'error: 1 of 4 were not imported; see above', '']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      read: 4,
      created: 2,
      updated: 1,
      invalid: 1,
      warnings: 2,
      isComplete: true,
    });
    expect(JSON.parse((await cli(['get', 'B', '--json'])).out)).toMatchObject({ token: { issuer: 'Acme & Co' } });
  });

  test('says all that in a dry run too, and writes nothing', async () => {
    const args = ['import', '-', '--dry-run', '--set', 'issuer=Acme'];
    const { code, out, err } = await cli(args, withoutIssuer);
    expect(err.split('\n')).toEqual([...warnings, 'error: 1 of 4 would not be imported; see above', '']);
    expect(code).toBe(1);
    expect(out).toMatch(/^Nothing was written: 4 Tokens in .*: 3 accepted, 1 invalid; 2 warnings\n$/);
    expect(JSON.parse((await cli([...args, '--json'], withoutIssuer)).out)).toEqual({
      isDryRun: true,
      read: 4,
      accepted: 3,
      invalid: 1,
      notReached: 0,
      warnings: 2,
      isComplete: true,
      error: { exitCode: 1, message: '1 of 4 would not be imported; see above' },
    });
    expect(await uids()).toEqual([]);
  });

  test('does not call complete what is cut off', async () => {
    const [names, cells] = [header, row('A')];
    const token = { ...Object.fromEntries(names.map((name, i) => [name, cells[i]])), valid: true };
    const { code, out } = await cli(['import', '-', '--json'], `[${JSON.stringify(token)},{"uid":`);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ created: 1, invalid: 1, notReached: 0, isComplete: false });
  });
});
