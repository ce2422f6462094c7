/** What all files of the contract share. */
import { expect } from 'vitest';
import { CrudError } from '../../lib/crud/crud.ts';

/** Twenty who do the same at once. */
export const racers = Array.from({ length: 20 }, (_, index) => index);

/** How a write ended; any other error than those that the contract knows fails the test. */
export async function outcomeOf(write: Promise<unknown>): Promise<'done' | CrudError['code']> {
  try {
    await write;
    return 'done';
  } catch (error) {
    if (error instanceof CrudError) return error.code;
    throw error;
  }
}

/** Ends all writes and sorts their outcomes, so that who won does not matter. */
export const outcomesOf = async (writes: Promise<unknown>[]) => (await Promise.all(writes.map(outcomeOf))).sort();

/** What `outcomesOf` answers when exactly one of so many writes may succeed. */
export const oneWinnerOf = (count: number, refusal: CrudError['code']) =>
  ['done', ...Array.from({ length: count - 1 }, () => refusal)].sort();

/** Changes an object that a storage was given, or has given; it may have been frozen. */
export function spoil<T>(value: T, change: (value: T) => void): void {
  try {
    change(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** A storage in this process that goes in circles is never interrupted by the timeout of a test. */
export const expectAnEnd = (pages: number) => expect(pages, 'pages without an end').toBeLessThan(1_000);
