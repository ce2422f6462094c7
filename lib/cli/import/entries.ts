/** Reads a file of Tokens in any of its formats, entry by entry. What is an OCPI Token, and what is not, is not decided here. */
import { extname } from 'node:path';
import { parse } from 'csv-parse/sync';
import { tokenEntries } from '../../ocpi/token.ts';
import { Failure } from '../failure.ts';
import { elementsOf, linesOf, type Piece } from './pieces.ts';

export const formats = ['json', 'ndjson', 'csv'] as const;
export type Format = (typeof formats)[number];

/** `number` counts from 1: the line, or the element of a JSON array. */
export type Entry = { number: number } & ({ value: unknown } | { problem: string });

export interface Entries {
  /** What `number` counts. */
  unit: 'line' | 'element';
  entries: AsyncIterable<Entry>;
}

const byExtension: Record<string, Format> = { '.json': 'json', '.ndjson': 'ndjson', '.jsonl': 'ndjson', '.csv': 'csv' };

/** @returns what a file's name says of its format, if it says anything */
export const formatOfName = (name: string): Format | undefined => byExtension[extname(name).toLowerCase()];

/**
 * @param format undefined: what the first characters look like
 * @param warn is told what is left out of every entry
 * @throws Failure if the text as a whole is not what the format says; the entries, when they are read, throw it too
 */
export async function readEntries(
  bytes: AsyncIterable<Uint8Array>,
  format: Format | undefined,
  warn: (message: string) => void,
): Promise<Entries> {
  const { head, chunks } = await peek(decode(bytes));
  const actual = format ?? sniff(head);
  if (actual === 'csv') return { unit: 'line', entries: csvEntries(chunks, warn) };
  if (actual === 'ndjson') return { unit: 'line', entries: jsonEntries(linesOf(chunks)) };
  if (head && !head.startsWith('[')) {
    throw new Failure('data', `This is not a JSON array: it begins with ${head[0]}. See --format.`);
  }
  return { unit: 'element', entries: jsonEntries(head ? elementsOf(chunks) : linesOf(chunks)) };
}

const sniff = (head: string): Format => {
  if (head.startsWith('[')) return 'json';
  return head.startsWith('{') ? 'ndjson' : 'csv';
};

async function* decode(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** @returns the first characters that are not white space, and all the chunks once more */
async function peek(text: AsyncGenerator<string>): Promise<{ head: string; chunks: AsyncIterable<string> }> {
  const seen: string[] = [];
  let head = '';
  while (head === '') {
    const { value, done } = await text.next();
    if (done) break;
    seen.push(value);
    head = value.trimStart();
  }
  return { head, chunks: concat(seen, text) };
}

async function* concat(seen: string[], text: AsyncGenerator<string>): AsyncGenerator<string> {
  yield* seen;
  yield* text;
}

/** What TextDecoder puts in place of bytes that are not UTF-8. */
const replacement = '\ufffd';

/** @returns the piece if it can be read at all */
const readable = (piece: Piece): Piece =>
  'text' in piece && piece.text.includes(replacement)
    ? { number: piece.number, problem: 'holds characters that are not UTF-8' }
    : piece;

const oneLine = (error: unknown): string => (error as Error).message.replace(/\s+/g, ' ');

async function* jsonEntries(pieces: AsyncIterable<Piece>): AsyncGenerator<Entry> {
  for await (const piece of pieces) yield jsonEntry(readable(piece));
}

function jsonEntry(piece: Piece): Entry {
  if ('problem' in piece) return piece;
  if (piece.text.trim() === '') return { number: piece.number, problem: 'is empty' };
  try {
    return { number: piece.number, value: JSON.parse(piece.text) };
  } catch (error) {
    return { number: piece.number, problem: `is not JSON: ${oneLine(error)}` };
  }
}

const energyContract = 'energy_contract.';
const knownColumns = new Set([
  ...Object.keys(tokenEntries).filter((name) => name !== 'energy_contract'),
  `${energyContract}supplier_name`,
  `${energyContract}contract_id`,
]);

/** Those of the owner may be missing: it may be clear who that is. */
const neededColumns = ['uid', 'type', 'contract_id', 'issuer', 'valid', 'whitelist', 'last_updated'];

/** Line by line, because no value of a Token may span lines: so one bad line spoils nothing but itself. */
async function* csvEntries(chunks: AsyncIterable<string>, warn: (message: string) => void): AsyncGenerator<Entry> {
  let columns: string[] | undefined;
  let delimiter = ',';
  for await (const line of linesOf(chunks)) {
    const piece = readable(line);
    if (columns) {
      yield csvEntry(piece, columns, delimiter);
      continue;
    }
    if ('problem' in piece) throw new Failure('data', `The header row ${piece.problem}`);
    delimiter = delimiterOf(piece.text);
    columns = cellsOf(piece.text, delimiter);
    checkHeader(columns, warn);
  }
}

/** Spreadsheets write semicolons where the comma is the decimal sign. */
const delimiterOf = (header: string): string => /[,;\t]/.exec(header)?.[0] ?? ',';

const cellsOf = (text: string, delimiter: string): string[] =>
  (parse(text.replace(/\r$/, ''), { delimiter, trim: true }) as string[][])[0] ?? [];

function checkHeader(columns: string[], warn: (message: string) => void): void {
  const missing = neededColumns.filter((name) => !columns.includes(name));
  if (missing.length > 0) {
    throw new Failure('data', `The header row, which names OCPI's fields, is without ${missing.join(', ')}`);
  }
  const unknown = columns.filter((name) => !knownColumns.has(name));
  if (unknown.length > 0) warn(`Columns that are not of a Token are left out: ${unknown.join(', ')}`);
}

function csvEntry(piece: Piece, columns: string[], delimiter: string): Entry {
  if ('problem' in piece) return piece;
  const { number, text } = piece;
  try {
    const cells = cellsOf(text, delimiter);
    if (cells.length === columns.length) return { number, value: objectOf(columns, cells) };
    return { number, problem: `has ${cells.length} values for ${columns.length} columns` };
  } catch (error) {
    return { number, problem: `is not CSV: ${oneLine(error).replace(/ at line 1\b/, '')}` };
  }
}

const booleans = new Map([
  ['true', true],
  ['false', false],
]);

/** An empty cell is an absent member. */
function objectOf(columns: string[], cells: string[]): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const contract: Record<string, string> = {};
  columns.forEach((column, i) => {
    const cell = cells[i] ?? '';
    if (cell === '' || !knownColumns.has(column)) return;
    if (column.startsWith(energyContract)) contract[column.slice(energyContract.length)] = cell;
    // A spreadsheet writes TRUE; what is neither is left for the schema to refuse.
    else value[column] = column === 'valid' ? (booleans.get(cell.toLowerCase()) ?? cell) : cell;
  });
  return Object.keys(contract).length > 0 ? { ...value, energy_contract: contract } : value;
}
