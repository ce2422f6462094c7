/** One slice of work for one lane: some pages, under one lease. */
import type { Lane, SyncRuntime } from './runtime.ts';

/**
 * @param deadline when no more work may be begun; a page of a few seconds may be under way then
 * @returns `held` if another worker has the lane: the wake is to come again
 */
export async function runSlice(_runtime: SyncRuntime, _lane: Lane, _deadline: Date): Promise<'done' | 'held'> {
  return 'done';
}
