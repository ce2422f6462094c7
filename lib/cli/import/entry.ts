/** What one piece of a file is once it has been read, in any format. */

import type { Problem } from './pieces.ts';

/** `number` counts from 1: the line, or the element of a JSON array. */
export type Entry = { number: number } & ({ value: unknown } | Problem);

/** @returns the problem of a piece that cannot be read as what it should be, in one line */
export const notA = (format: string, error: unknown): string =>
  `is not ${format}: ${(error as Error).message.replace(/\s+/g, ' ')}`;
