/**
 * Which pages a walk has asked for. A list may have a hundred thousand pages, and what remembers them is written with each: so only
 * the last ones are remembered, and one more at 1, 2, 4, 8 … pages, which every circle comes back to (Brent's algorithm).
 */
import { createHash } from 'node:crypto';

const mostRemembered = 50;

/** Of so many bits that no two pages of a walk share one. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 12);

export const hasSeen = (seen: readonly string[], url: string): boolean => seen.includes(shortHash(url));

const isPowerOfTwo = (n: number): boolean => Number.isInteger(Math.log2(n));

/** @param pages how many pages the walk has asked for, this one included */
export function remember(seen: readonly string[], url: string, pages: number): string[] {
  const hash = shortHash(url);
  const [landmark = hash, ...last] = seen;
  return [isPowerOfTwo(pages) ? hash : landmark, ...last.slice(-mostRemembered + 1), hash];
}
