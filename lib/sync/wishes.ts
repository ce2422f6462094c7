/** What the operator wants of a lane: a record of its own, because the state is only its worker's to write. */
import type { Backend } from '../crud/crud.ts';
import { type Lane, laneName } from './runtime.ts';

export const wishesCollection = 'sync-wishes';

/** Each with the moment at which it was uttered, which is how a state says that it has been met. Canonical DateTimes. */
export interface Wishes {
  /** Do what is to do, whatever was agreed on for when, and whatever has failed. */
  now?: string;
  /** All from the beginning. */
  full?: string;
  /** Try again what was refused. */
  retry?: string;
  /** Do nothing until this is gone. */
  paused?: string;
}

export async function readWishes({ records }: Pick<Backend, 'records'>, lane: Lane): Promise<Wishes> {
  const stored = await records.get({ collection: wishesCollection, id: laneName(lane) });
  return stored?.data ?? {};
}

/** Canonical DateTimes, so that the later one is the greater one. */
export const isUnmet = (wish: string | undefined, met: string | undefined): boolean =>
  wish !== undefined && (met === undefined || wish > met);

/** Whether the operator wants something that is still to be done. */
export const hasUnmet = ({ now, full, retry }: Wishes, met: Omit<Wishes, 'paused'>): boolean =>
  isUnmet(now, met.now) || isUnmet(full, met.full) || isUnmet(retry, met.retry);
