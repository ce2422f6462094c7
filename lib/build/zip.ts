/** Zip files that are the same, byte for byte, when their content is: a function that did not change is not deployed again. */
import { type Zippable, zipSync } from 'fflate';

/** @param files contents by path, in any order */
export function zip(files: Record<string, Uint8Array>): Uint8Array {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  // A zip holds dates in the zone of the machine, and none before this one.
  const mtime = new Date(1980, 0, 1);
  const unixReadable = { os: 3, attrs: 0o644 << 16, mtime, level: 9 } as const;
  const entries: Zippable = Object.fromEntries(sorted.map(([path, content]) => [path, [content, unixReadable]]));
  return zipSync(entries);
}
