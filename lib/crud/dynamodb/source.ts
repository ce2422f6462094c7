/** What a list reads from. */
import type { Database } from './client.ts';

export interface Source {
  db: Database;
  table: string;
}
