import { describe, expect, test } from 'vitest';
import type { Defaults } from '../../../lib/cli/import/columns.ts';
import { type Format, formatOfName, readEntries } from '../../../lib/cli/import/entries.ts';
import type { Entry } from '../../../lib/cli/import/entry.ts';

async function* bytes(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

async function read(input: AsyncIterable<Uint8Array>, format?: Format, defaults: Defaults = new Map()) {
  const warnings: string[] = [];
  const warn = (warning: string) => warnings.push(warning);
  const { unit, entries } = await readEntries(input, { format, defaults, warn });
  const list: Entry[] = [];
  for await (const entry of entries) list.push(entry);
  return { unit, entries: list, warnings };
}

const entriesOf = async (text: string, format?: Format): Promise<Entry[]> => (await read(bytes(text), format)).entries;

const header = 'uid,type,contract_id,issuer,valid,whitelist,last_updated';
const row = 'A1,RFID,C1,Demo,true,ALLOWED,2026-01-31T12:00:00Z';
const rowValue = {
  uid: 'A1',
  type: 'RFID',
  contract_id: 'C1',
  issuer: 'Demo',
  valid: true,
  whitelist: 'ALLOWED',
  last_updated: '2026-01-31T12:00:00Z',
};

describe('the format', () => {
  test.each([
    ['tokens.csv', 'csv'],
    ['TOKENS.CSV', 'csv'],
    ['a/b.json', 'json'],
    ['b.ndjson', 'ndjson'],
    ['b.jsonl', 'ndjson'],
    ['tokens', undefined],
    ['-', undefined],
  ])('of %s is %s', (name, format) => {
    expect(formatOfName(name)).toBe(format);
  });

  test.each([
    ['a JSON array', '\n [{"uid":"A1"}]', 'element', { uid: 'A1' }],
    ['NDJSON', '\n{"uid":"A1"}\n', 'line', { uid: 'A1' }],
    ['CSV', `\n${header}\n${row}`, 'line', rowValue],
  ])('of standard input is seen from its first characters: %s', async (_, text, unit, value) => {
    const result = await read(bytes(...text.split('')));
    expect(result.unit).toBe(unit);
    expect(result.entries.map((entry) => 'value' in entry && entry.value)).toEqual([value]);
  });

  test('that is not what was said is an error of the whole file', async () => {
    await expect(read(bytes('{"uid":"A1"}'), 'json')).rejects.toThrow('This is not a JSON array: it begins with {');
  });

  test.each(['json', 'ndjson', 'csv', undefined] as const)('%s: nothing is no entry', async (format) => {
    expect(await entriesOf('', format)).toEqual([]);
    expect(await entriesOf(' \r\n\n', format)).toEqual([]);
  });

  test.each([
    ['JSON', '\ufeff[{"uid":"A1"}]', { uid: 'A1' }],
    ['NDJSON', '\ufeff{"uid":"A1"}', { uid: 'A1' }],
    ['CSV', `\ufeff${header}\r\n${row}\r\n`, rowValue],
  ])('%s may begin with a byte order mark', async (_, text, value) => {
    expect((await entriesOf(text)).map((entry) => 'value' in entry && entry.value)).toEqual([value]);
  });

  test('a character may be cut by the end of a chunk', async () => {
    const whole = Buffer.from('{"issuer":"Müller 😀"}');
    const { entries } = await read(bytes(...Array.from(whole, (byte) => Uint8Array.of(byte))));
    expect(entries).toEqual([{ number: 1, value: { issuer: 'Müller 😀' } }]);
  });

  test.each([
    ['utf16le with a byte order mark', Buffer.from(`\ufeff${header}`, 'utf16le')],
    ['utf16le without one', Buffer.from(header, 'utf16le')],
    ['utf16be with a byte order mark', Buffer.from(`\ufeff${header}`, 'utf16le').swap16()],
    ['utf16be without one, and JSON', Buffer.from('\n[{"uid":"A1"}]', 'utf16le').swap16()],
  ])('%s is refused in words that say what to do', async (_, text) => {
    await expect(read(bytes(...Array.from(text, (byte) => Uint8Array.of(byte))))).rejects.toThrow(
      /looks like UTF-16.*save it as "CSV UTF-8"/,
    );
  });

  test('what is not UTF-8 is reported and spoils no other line', async () => {
    const latin1 = Buffer.from('{"issuer":"M\xfcller"}\n', 'latin1');
    const { entries } = await read(bytes('{"a":1}\n', latin1, '{"b":2}'));
    expect(entries).toEqual([
      { number: 1, value: { a: 1 } },
      { number: 2, problem: 'holds characters that are not UTF-8' },
      { number: 3, value: { b: 2 } },
    ]);
  });
});

describe('JSON', () => {
  test('NDJSON: a bad line is reported with its number, CRLF and empty lines are fine', async () => {
    const entries = await entriesOf('{"a":1}\r\n\r\n{"a":\r\n[2]\r\n');
    expect(entries).toEqual([
      { number: 1, value: { a: 1 } },
      { number: 3, problem: expect.stringMatching(/^is not JSON: /) },
      { number: 4, value: [2] },
    ]);
  });

  test('array: a bad element is reported with its number, in one line', async () => {
    const entries = await entriesOf('[{"a":1},\n{"a":\noops\n},,3]');
    expect(entries).toEqual([
      { number: 1, value: { a: 1 } },
      { number: 2, problem: expect.stringMatching(/^is not JSON: [^\n]*$/) },
      { number: 3, problem: 'is empty' },
      { number: 4, value: 3 },
    ]);
  });
});

describe('CSV', () => {
  const valuesOf = async (text: string) =>
    (await entriesOf(text, 'csv')).map((entry) => ('value' in entry ? entry.value : entry.problem));

  test('an empty cell is an absent member', async () => {
    expect(await valuesOf(`${header},visual_number,group_id\n${row},,G1`)).toEqual([{ ...rowValue, group_id: 'G1' }]);
  });

  test.each([
    ['TRUE', true],
    ['False', false],
    ['yes', 'yes'],
    ['1', '1'],
  ])('valid: %s is read as %s', async (cell, valid) => {
    expect(await valuesOf(`${header}\n${row.replace('true', cell)}`)).toEqual([{ ...rowValue, valid }]);
  });

  test('energy_contract has two columns', async () => {
    const columns = `${header},energy_contract.supplier_name,energy_contract.contract_id`;
    expect(await valuesOf(`${columns}\n${row},Wind,W1\n${row},Wind,\n${row},,`)).toEqual([
      { ...rowValue, energy_contract: { supplier_name: 'Wind', contract_id: 'W1' } },
      { ...rowValue, energy_contract: { supplier_name: 'Wind' } },
      rowValue,
    ]);
  });

  test.each([';', '\t'])('the delimiter may be %j, and then a comma is a character', async (delimiter) => {
    const text = `${header}\n${row}`.replaceAll(',', delimiter).replace('Demo', 'Demo, Inc.');
    expect(await valuesOf(text)).toEqual([{ ...rowValue, issuer: 'Demo, Inc.' }]);
  });

  test('the last cells of a line with tabs may be empty', async () => {
    const text = `${header},group_id,language\n${row},,`.replaceAll(',', '\t');
    expect(await valuesOf(text)).toEqual([rowValue]);
  });

  test('quotes protect delimiters and quotes; blanks around a cell are none of it', async () => {
    const quoted = row.replace('Demo', ' "Demo, ""the"" one" ');
    expect(await valuesOf(`${header}\n${quoted}`)).toEqual([{ ...rowValue, issuer: 'Demo, "the" one' }]);
  });

  test('a bad line is reported with its number and spoils no other', async () => {
    const entries = await entriesOf(
      [header, row, '', `${row},surplus`, 'A1,RFID', 'A1,"RFID,C1', row.replace('Demo', 'De"mo'), row].join('\r\n'),
    );
    expect(entries).toEqual([
      { number: 2, value: rowValue },
      { number: 4, problem: 'has 8 values for 7 columns' },
      { number: 5, problem: 'has 2 values for 7 columns' },
      { number: 6, problem: expect.stringMatching(/^is not CSV: Quote Not Closed/) },
      { number: 7, problem: expect.stringMatching(/^is not CSV: Invalid Opening Quote/) },
      { number: 8, value: rowValue },
    ]);
  });

  test.each([
    ['CR', '\r'],
    ['CRLF', '\r\n'],
    ['LF', '\n'],
  ])('lines may end with %s, in one chunk or in many', async (_, end) => {
    const text = [header, row, row.replace('A1', 'A2')].join(end);
    const expected = [
      { number: 2, value: rowValue },
      { number: 3, value: { ...rowValue, uid: 'A2' } },
    ];
    expect(await entriesOf(text, 'csv')).toEqual(expected);
    expect((await read(bytes(...text.split('')), 'csv')).entries).toEqual(expected);
  });

  test('lines may end in all ways in one file', async () => {
    const entries = await entriesOf(`${header}\r${row}\r\n${row}\n\r${row}`, 'csv');
    expect(entries.map(({ number }) => number)).toEqual([2, 3, 5]);
  });

  test.each([',', ';', '\t'])('rows that hold nothing are none, above the header row too: %j', async (delimiter) => {
    const text = [',,,,,,', header, row, ',,,,,,', ' , ,,,,, ', '"","",,,,,', ',,', row].join('\r\n');
    expect(await entriesOf(text.replaceAll(',', delimiter), 'csv')).toEqual([
      { number: 3, value: rowValue },
      { number: 8, value: rowValue },
    ]);
  });

  test.each([
    ['Contract ID', 'Last Updated'],
    ['CONTRACT-ID', 'last-updated'],
    ['contractId', 'LastUpdated'],
    [' Contract\u00a0_ ID ', 'LAST__UPDATED'],
  ])('the names of columns are known in any spelling: %j', async (contractId, lastUpdated) => {
    const spelt = header.replace('contract_id', contractId).replace('last_updated', lastUpdated);
    const columns = `${spelt},Energy Contract.Supplier Name`;
    expect(await valuesOf(`${columns}\n${row},Wind`)).toEqual([
      { ...rowValue, energy_contract: { supplier_name: 'Wind' } },
    ]);
  });

  test.each([
    ['uid', 'uid,', 'uid more than once: uid, uid'],
    ['contract_id', 'Contract ID,', 'contract_id more than once: Contract ID, contract_id'],
  ])('a header row that names %s twice is an error of the whole file', async (_, more, message) => {
    await expect(entriesOf(`${more}${header}\nX,${row}`, 'csv')).rejects.toThrow(message);
  });

  test('a header row that cannot be read is an error of the whole file', async () => {
    await expect(entriesOf(`"${header}\n${row}`, 'csv')).rejects.toThrow(/^The header row.* is not CSV: /);
  });

  test('a header row without a required column is an error of the whole file', async () => {
    await expect(entriesOf('uid,type,contract_id,issuer,valid\nA1', 'csv')).rejects.toThrow('is without whitelist');
  });

  test('a column that no Token has is left out, once and loudly', async () => {
    const { entries, warnings } = await read(
      bytes(`${header},visual_nummer,__proto__,,visual_nummer\n${row},V1,x,y,\n${row},V2,x,,`),
    );
    expect(entries.map((entry) => 'value' in entry && entry.value)).toEqual([rowValue, rowValue]);
    expect(warnings).toEqual([
      'Columns that are not of a Token are left out: visual_nummer, __proto__, (one without a name)',
    ]);
  });
});

describe('values for what is missing', () => {
  const defaults: Defaults = new Map<string, unknown>([
    ['issuer', 'Acme'],
    ['valid', false],
    ['energy_contract.supplier_name', 'Wind'],
  ]);
  const valuesOf = async (text: string) =>
    (await read(bytes(text), undefined, defaults)).entries.map((entry) => 'value' in entry && entry.value);

  test('stand for columns that are missing, and for cells that are empty', async () => {
    const energy_contract = { supplier_name: 'Wind' };
    expect(
      await valuesOf(
        `${header.replace(',issuer', '')}\n${row.replace(',Demo', '')}\n${row.replace(',Demo,true', ',')}`,
      ),
    ).toEqual([
      { ...rowValue, issuer: 'Acme', energy_contract },
      { ...rowValue, issuer: 'Acme', valid: false, energy_contract },
    ]);
  });

  test('make no Token of an empty row', async () => {
    expect(await valuesOf(`${header}\n,,,,,,`)).toEqual([]);
  });

  test.each([
    [{}, { issuer: 'Acme', valid: false, energy_contract: { supplier_name: 'Wind' } }],
    [
      { issuer: null, valid: '' },
      { issuer: 'Acme', valid: false, energy_contract: { supplier_name: 'Wind' } },
    ],
    [
      { issuer: 'Own', valid: true },
      { issuer: 'Own', valid: true, energy_contract: { supplier_name: 'Wind' } },
    ],
    [{ energy_contract: { contract_id: 'W1' } }, { energy_contract: { contract_id: 'W1', supplier_name: 'Wind' } }],
    [{ energy_contract: { supplier_name: 'Sun' } }, { energy_contract: { supplier_name: 'Sun' } }],
    [{ energy_contract: 'Sun' }, { energy_contract: 'Sun' }],
  ])('in JSON, of %j', async (value, expected) => {
    for (const text of [JSON.stringify(value), `[${JSON.stringify(value)}]`]) {
      expect(await valuesOf(text)).toEqual([expect.objectContaining(expected)]);
    }
  });

  test('leave alone what is no object', async () => {
    expect(await valuesOf('[17, null, "x", []]')).toEqual([17, null, 'x', []]);
  });
});
