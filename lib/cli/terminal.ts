/** What a command sees of the world, and how it speaks. */
import type { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';

export interface Terminal {
  env: NodeJS.ProcessEnv;
  stdin: Readable;
  stdout: Writable;
  stderr: Writable & { isTTY?: boolean; columns?: number };
  /** Emits SIGINT and SIGTERM. */
  signals: Pick<EventEmitter, 'once' | 'off'>;
  now: () => Date;
}

/** Partners' words end up on our terminal, and are not to steer it. */
const printable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

/** Rows as aligned columns, the first one being the heading. */
export function table(cells: string[][]): string {
  const rows = cells.map((row) => row.map(printable));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The members of an object one below the other; those that are undefined are left out. */
export function listing(members: Record<string, unknown>): string {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return table(present.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]));
}
