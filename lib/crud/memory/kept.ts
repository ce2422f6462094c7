/** What is kept shares nothing with whoever wrote it, and nobody who reads it can change it. */

/**
 * Copied and frozen once, when it is written, and handed out as it is: every request reads the access of a peer, and a page a
 * thousand Tokens, so a copy for each reader is what a profile would show.
 * @param value JSON
 */
export const kept = <T>(value: T): T => copyOf(value) as T;

function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(copyOf));
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOf(member)])));
}
