/**
 * The moment at which a Token expires is a change that peers must see, or whoever holds a copy would let it charge for ever. So
 * before a Token with an expiry is written, a record of it is left for the schedule that works off what is due.
 */
import { type Backend, CrudError, type OwnToken, type RecordAddress, type StoredToken } from '../../crud/crud.ts';

/** The days on which something expires, each with a collection of its own. */
export const expiryDays = 'expiry-days';
export const expiriesOf = (day: string): string => `expiries-${day}`;

export const dayOf = (instant: string): string => instant.slice(0, 10);

/** The ids of records begin with the moment, so that they stand in its order. */
export const expiryId = (expiresAt: string, { uid, type }: { uid: string; type: string }): string =>
  `${expiresAt}#${type}#${uid}`;
export const expiryIn = (id: string): string => id.slice(0, id.indexOf('#'));

interface Runtime {
  backend: Pick<Backend, 'records'>;
  now: () => Date;
}

/** @param before the Token as it is; its expiry, if it is the same, has been noted before it was written */
export async function noteExpiry(
  { backend: { records }, now }: Runtime,
  { data: { uid, type }, settings: { expiresAt } }: OwnToken,
  before: StoredToken | undefined,
): Promise<void> {
  if (expiresAt === undefined || expiresAt === before?.settings?.expiresAt || expiresAt <= now().toISOString()) return;
  const day = dayOf(expiresAt);
  await createOnce(records, { collection: expiryDays, id: day }, {});
  await createOnce(records, { collection: expiriesOf(day), id: expiryId(expiresAt, { uid, type }) }, { uid, type });
}

async function createOnce(records: Backend['records'], address: RecordAddress, data: Record<string, unknown>) {
  try {
    await records.create({ ...address, data });
  } catch (error) {
    if (!(error instanceof CrudError && error.code === 'already-exists')) throw error;
  }
}
