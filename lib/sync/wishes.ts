/** What the operator wants of a lane: a record of its own, because the state is only its worker's to write. */
import type { Backend } from '../crud/crud.ts';
import { retryOnConflict } from '../crud/retry.ts';
import type { PartyId } from '../ocpi/versions.ts';
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
  /** The only one of `pullParties` that `now` and `full` are about. */
  party?: PartyId;
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

/** Changes the wishes as they are now, whoever else changes them at the same time. */
export const writeWishes = (
  { records }: Pick<Backend, 'records'>,
  lane: Lane,
  edit: (wishes: Wishes) => Wishes,
): Promise<{ before: Wishes; after: Wishes }> =>
  retryOnConflict(async () => {
    const address = { collection: wishesCollection, id: laneName(lane) };
    const stored = await records.get(address);
    const before: Wishes = stored?.data ?? {};
    const after = edit(before);
    if (stored) await records.update({ ...address, data: { ...after }, revision: stored.revision });
    else await records.create({ ...address, data: { ...after } });
    return { before, after };
  });
