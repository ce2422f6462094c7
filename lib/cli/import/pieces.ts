/**
 * Cuts a text that comes in chunks into the pieces that hold one Token each: lines, or elements of a JSON array. Nothing is kept
 * but the piece at hand, and of that no more than a Token can need, so that any file is read in bounded memory.
 */

export interface Problem {
  problem: string;
  /** There may be more behind it, which nobody can read. */
  losesRest?: true;
}

/** Counted from 1. */
export type Piece = { number: number } & ({ text: string } | Problem);

/** Many times the largest Token, with room for members that OCPI does not know. */
const maxLength = 100_000;

/** Puts together what comes in parts, and forgets what grows too long. */
function createCollector() {
  let kept = '';
  let isTooLong = false;
  return {
    add(part: string) {
      isTooLong ||= kept.length + part.length > maxLength;
      kept = isTooLong ? '' : kept + part;
    },
    take(number: number): Piece {
      const piece = isTooLong ? { number, problem: `is longer than ${maxLength} characters` } : { number, text: kept };
      kept = '';
      isTooLong = false;
      return piece;
    },
  };
}

/** What TextDecoder puts in place of bytes that are not UTF-8. */
const replacement = '\ufffd';

/** @returns the piece if it can be read at all */
export const readable = (piece: Piece): Piece =>
  'text' in piece && piece.text.includes(replacement)
    ? { number: piece.number, problem: 'holds characters that are not UTF-8' }
    : piece;

const isBlank = (piece: Piece): boolean => 'text' in piece && piece.text.trim() === '';

/** LF, CRLF, and the CR that spreadsheets still write as "CSV (Macintosh)". */
const lineEnd = /\r\n|\r|\n/;

/** The lines of a text but for the blank ones, whatever ends them, each its own way too. */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<Piece> {
  const line = createCollector();
  let number = 1;
  let endsWithCr = false;
  for await (const chunk of chunks) {
    // The two halves of a CRLF may come in two chunks.
    const [end = '', ...starts] = (endsWithCr && chunk.startsWith('\n') ? chunk.slice(1) : chunk).split(lineEnd);
    if (chunk !== '') endsWithCr = chunk.endsWith('\r');
    line.add(end);
    for (const start of starts) {
      const piece = line.take(number);
      if (!isBlank(piece)) yield piece;
      number += 1;
      line.add(start);
    }
  }
  const last = line.take(number);
  if (!isBlank(last)) yield last;
}

const marks = /["\\[\]{},]/g;

/**
 * The elements of a JSON array. They are cut apart by brackets and commas alone, so that an element that is not JSON spoils
 * nothing but itself; whether it is JSON is for the reader of the piece.
 * @param chunks a text that begins with `[`, or white space before it
 */
export async function* elementsOf(chunks: AsyncIterable<string>): AsyncGenerator<Piece> {
  const element = createCollector();
  let number = 1;
  let depth = 0;
  let inString = false;
  /** What follows a backslash is no mark, even if it comes with the next chunk. */
  let escaped = -1;
  let start = 0;
  let hasEnded = false;

  for await (const chunk of chunks) {
    let from = 0;
    for (const { 0: mark, index } of hasEnded ? [] : chunk.matchAll(marks)) {
      if (start + index === escaped) continue;
      if (inString) {
        if (mark === '\\') escaped = start + index + 1;
        else if (mark === '"') inString = false;
        continue;
      }
      if (mark === '"') inString = true;
      else if (mark === '{' || mark === '[') depth += 1;
      else if (mark === '}' || mark === ']') depth -= 1;

      if (mark === '[' && depth === 1) from = index + 1;
      hasEnded = depth === 0 && mark === ']';
      if (!hasEnded && !(depth === 1 && mark === ',')) continue;

      element.add(chunk.slice(from, index));
      from = index + 1;
      const piece = element.take(number);
      // The nothing in `[]` is no element.
      if (!(hasEnded && number === 1 && isBlank(piece))) yield piece;
      number += 1;
      if (hasEnded) break;
    }
    const rest = chunk.slice(from);
    if (!hasEnded) element.add(rest);
    else if (rest.trim() !== '') {
      yield { number, problem: 'is not part of the array, which ends before it', losesRest: true };
      return;
    }
    start += chunk.length;
  }
  if (!hasEnded) yield { number, problem: 'is cut off: the array does not end', losesRest: true };
}
