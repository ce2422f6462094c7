/** Finds out which lanes have something to do, and wakes those. */
import type { PartyId } from '../ocpi/versions.ts';
import type { SyncRuntime } from './runtime.ts';

/** A change of a Token of ours that partners can see. */
export interface Changed extends PartyId {
  uid: string;
  type: string;
  /** Its last_updated, as it is stored. */
  stamp: string;
  /** Whether partners that hold it as valid should stop doing so. */
  becameInvalid: boolean;
}

/** Told by a stream, or by the writer where the storage has none. May be repeated, and come in any order. */
export async function wakeChanged(_runtime: SyncRuntime, _changed: readonly Changed[]): Promise<void> {}

/** Every minute: whatever is due, and whatever nobody was woken for. */
export async function wakeDue(_runtime: SyncRuntime): Promise<void> {}
