/** What the owner's functions have around them: on a storage without a stream they say themselves what has become invalid. */
import { changedBy } from '../sync/changed.ts';
import { noteUrgent } from '../sync/urgent.ts';
import { changeNotTold } from '../telemetry/events.ts';
import type { Told } from '../tokens/own/write.ts';
import type { BackendModule } from './backend.ts';
import { type Runtime, storageRuntime } from './runtime.ts';

export interface OwnerRuntime extends Runtime {
  told?: Told;
}

/** What is urgent goes into the record that workers read; the next minute's look wakes them. */
export const ownerRuntimeOn = (runtime: Runtime): OwnerRuntime =>
  runtime.backend.tokens.hasStream
    ? runtime
    : {
        ...runtime,
        async told(written) {
          try {
            const changed = written
              .map(({ before, after }) => changedBy(before, after))
              .filter((each) => each !== undefined);
            await noteUrgent(runtime.backend.records, changed);
          } catch (error) {
            changeNotTold(runtime.log, error);
          }
        },
      };

/** @throws Error that names everything that is missing in the environment */
export const ownerRuntime = async (opened: BackendModule): Promise<OwnerRuntime> =>
  ownerRuntimeOn(await storageRuntime(opened));
