/** Reads a file of Tokens in any of its formats, entry by entry. What is an OCPI Token, and what is not, is not decided here. */
import { extname } from 'node:path';
import { Failure } from '../failure.ts';
import { type Defaults, withDefaults } from './columns.ts';
import { readCsv } from './csv.ts';
import { type Entry, notA } from './entry.ts';
import { elementsOf, linesOf, type Piece, readable } from './pieces.ts';

export const formats = ['json', 'ndjson', 'csv'] as const;
export type Format = (typeof formats)[number];

export interface Entries {
  /** What `number` counts. */
  unit: 'line' | 'element';
  entries: AsyncIterable<Entry>;
}

const byExtension: Record<string, Format> = { '.json': 'json', '.ndjson': 'ndjson', '.jsonl': 'ndjson', '.csv': 'csv' };

/** @returns what a file's name says of its format, if it says anything */
export const formatOfName = (name: string): Format | undefined => byExtension[extname(name).toLowerCase()];

export interface ReadOptions {
  /** undefined: what the first characters look like */
  format: Format | undefined;
  /** For what is missing or empty in an entry. */
  defaults: Defaults;
  /** Is told what is left out of every entry. */
  warn: (message: string) => void;
}

/**
 * @throws Failure if the text as a whole is not what the format says; the entries, when they are read, reject with what the bytes do
 */
export async function readEntries(bytes: AsyncIterable<Uint8Array>, options: ReadOptions): Promise<Entries> {
  const { format, defaults, warn } = options;
  const { head, chunks } = await peek(decode(bytes));
  if (head.slice(0, peekLength).includes('\0')) throw new Failure('data', utf16);
  const actual = format ?? sniff(head);
  if (actual === 'csv') return { unit: 'line', entries: filled(await readCsv(chunks, defaults, warn), defaults) };
  if (actual === 'ndjson') return { unit: 'line', entries: filled(jsonEntries(linesOf(chunks)), defaults) };
  if (head && !head.startsWith('[')) {
    throw new Failure('data', `This is not a JSON array: it begins with ${head[0]}. See --format.`);
  }
  const elements = head ? elementsOf(chunks) : linesOf(chunks);
  return { unit: 'element', entries: filled(jsonEntries(elements), defaults) };
}

async function* filled(entries: AsyncIterable<Entry>, defaults: Defaults): AsyncGenerator<Entry> {
  for await (const entry of entries) {
    yield 'value' in entry ? { ...entry, value: withDefaults(entry.value, defaults) } : entry;
  }
}

/** With this many characters of a text in UTF-16 one is half of another, with a byte order mark or without. */
const peekLength = 4;
const utf16 = 'This is not UTF-8 but looks like UTF-16, as in "Unicode text": save it as "CSV UTF-8"';

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
  while (head.length < peekLength) {
    const { value, done } = await text.next();
    if (done) break;
    seen.push(value);
    head = (head + value).trimStart();
  }
  return { head, chunks: concat(seen, text) };
}

async function* concat(seen: string[], text: AsyncGenerator<string>): AsyncGenerator<string> {
  yield* seen;
  yield* text;
}

async function* jsonEntries(pieces: AsyncIterable<Piece>): AsyncGenerator<Entry> {
  for await (const piece of pieces) yield jsonEntry(readable(piece));
}

function jsonEntry(piece: Piece): Entry {
  if ('problem' in piece) return piece;
  if (piece.text.trim() === '') return { number: piece.number, problem: 'is empty' };
  try {
    return { number: piece.number, value: JSON.parse(piece.text) };
  } catch (error) {
    return { number: piece.number, problem: notA('JSON', error) };
  }
}
