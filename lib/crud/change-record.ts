/** Changes a record as it is now, whoever else changes it at the same time. */
import type { Backend, JsonObject, RecordAddress } from './crud.ts';
import { retryOnConflict } from './retry.ts';

/** @param edit what becomes of it; undefined leaves it as it is. It may be called several times. */
export const changeRecord = (
  records: Backend['records'],
  address: RecordAddress,
  edit: (data: JsonObject | undefined) => JsonObject | undefined,
): Promise<void> =>
  retryOnConflict(async () => {
    const stored = await records.get(address);
    const data = edit(stored?.data);
    if (!data) return;
    if (stored) await records.update({ ...address, data, revision: stored.revision });
    else await records.create({ ...address, data });
  });
