/** Cursors of the owner's API: what a page needs to go on, opaque to whoever carries it. */
import { isObject } from '../ocpi/values.ts';
import { ProblemError } from './problem.ts';

export const packCursor = (place: object): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/** @throws ProblemError for what is no cursor of ours; whoever makes one up gets a page from a place of his own choice, and no more */
export function unpackCursor<T extends object>(text: string): T {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (isObject(value)) return value as T;
  } catch {
    // As for any other text that is none.
  }
  throw new ProblemError('invalid', 'after is no cursor that an answer of ours gave', [
    { field: 'after', expected: 'a cursor as an answer gave it', value: text.slice(0, 60) },
  ]);
}
