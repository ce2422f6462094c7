/** Reads Tokens from CSV as spreadsheets write it: a header row that names OCPI's members, then a row for each Token. */
import { parse } from 'csv-parse/sync';
import { Failure } from '../failure.ts';
import { columnOf, type Defaults, neededColumns, objectOf } from './columns.ts';
import { type Entry, notA } from './entry.ts';
import { linesOf, type Piece, readable } from './pieces.ts';

/** What each cell of a row is; undefined is none of a Token's. */
type Columns = (string | undefined)[];

/**
 * Line by line, because no value of a Token may span lines: so one bad line spoils nothing but itself.
 * @param defaults stand for columns that are missing
 * @param warn is told which columns are left out
 * @throws Failure if the header row is not one of Tokens
 */
export async function readCsv(
  chunks: AsyncIterable<string>,
  defaults: Defaults,
  warn: (message: string) => void,
): Promise<AsyncIterable<Entry>> {
  const rows = rowsOf(linesOf(chunks));
  const { value: header, done } = await rows.next();
  return entriesOf(rows, done ? [] : readHeader(header, defaults, warn));
}

type Row = { number: number } & ({ cells: string[] } | { problem: string });

/** All rows but those that hold nothing: spreadsheets leave such rows behind, where nobody sees them. */
async function* rowsOf(lines: AsyncIterable<Piece>): AsyncGenerator<Row> {
  let delimiter: string | undefined;
  for await (const line of lines) {
    const piece = readable(line);
    if ('text' in piece) delimiter ??= delimiterOf(piece.text);
    const row = 'problem' in piece ? piece : rowOf(piece.number, piece.text, delimiter ?? ',');
    if ('problem' in row || row.cells.some((cell) => cell !== '')) yield row;
  }
}

/** Spreadsheets write semicolons where the comma is the decimal sign. */
const delimiterOf = (header: string): string => /[,;\t]/.exec(header)?.[0] ?? ',';

function rowOf(number: number, text: string, delimiter: string): Row {
  try {
    return { number, cells: (parse(text, { delimiter, trim: true }) as string[][])[0] ?? [] };
  } catch (error) {
    return { number, problem: notA('CSV', error).replace(/ at line 1\b/, '') };
  }
}

const noHeader = (what: string) => new Failure('data', `The header row, which names OCPI's fields, ${what}`);

function readHeader(row: Row, defaults: Defaults, warn: (message: string) => void): Columns {
  if ('problem' in row) throw noHeader(row.problem);
  const columns = row.cells.map(columnOf);
  const twice = columns.find((column, i) => column && columns.indexOf(column) < i);
  if (twice) {
    const spellings = row.cells.filter((_, i) => columns[i] === twice);
    throw noHeader(`names ${twice} more than once: ${spellings.join(', ')}`);
  }
  const missing = neededColumns.filter((name) => !columns.includes(name) && !defaults.has(name));
  if (missing.length > 0) throw noHeader(`is without ${missing.join(', ')}`);
  const unknown = row.cells.filter((_, i) => !columns[i]).map((name) => name || '(one without a name)');
  if (unknown.length > 0) warn(`Columns that are not of a Token are left out: ${[...new Set(unknown)].join(', ')}`);
  return columns;
}

async function* entriesOf(rows: AsyncIterable<Row>, columns: Columns): AsyncGenerator<Entry> {
  for await (const row of rows) yield 'problem' in row ? row : entryOf(row, columns);
}

function entryOf({ number, cells }: Extract<Row, { cells: string[] }>, columns: Columns): Entry {
  if (cells.length === columns.length) return { number, value: objectOf(columns, cells) };
  return { number, problem: `has ${cells.length} values for ${columns.length} columns` };
}
