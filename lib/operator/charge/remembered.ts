/**
 * Answers of peers that are remembered because their settings say so: a bounded number of records, each with those of the uids that
 * fall into it. No uid stands in them.
 */
import { createHash } from 'node:crypto';
import type { Backend, StoredToken } from '../../crud/crud.ts';
import { CrudError } from '../../crud/crud.ts';
import type { AuthorizationAnswer, LocationReferences } from '../../ocpi/token.ts';
import { fold } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import { partyKey } from '../../peers/claims.ts';

const collection = 'answers';
/** In one of 4 096 records. */
const mostInRecord = 20;

export type RememberedAnswer = Omit<AuthorizationAnswer, 'token'>;

interface Entry {
  /** Of all that the answer hangs on. */
  key: string;
  /** Canonical DateTimes. */
  at: string;
  until: string;
  answer: RememberedAnswer;
}

/** What an answer is about. */
export interface About {
  peer: string;
  uid: string;
  type?: string | undefined;
  location?: LocationReferences | undefined;
  from: PartyId;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const recordOf = (uid: string): string => hash(fold(uid)).slice(0, 3);

function keyOf({ peer, uid, type = '', location, from }: About): string {
  const { location_id = '', evse_uids = [], connector_ids = [] } = location ?? {};
  return hash(JSON.stringify([peer, fold(uid), type, location_id, evse_uids, connector_ids, partyKey(from)]));
}

const entriesIn = (data: Record<string, unknown> | undefined): Entry[] =>
  Array.isArray(data?.entries) ? (data.entries as Entry[]) : [];

/** What has come in since then is newer, and of NEVER nothing is remembered, as every use is asked (WL-05). */
export const mayRemember = (copy: StoredToken | undefined, whitelist = copy?.data.whitelist): boolean =>
  whitelist !== 'NEVER' && copy?.data.valid !== false;

/** One read. @returns undefined if nothing is remembered that still counts */
export async function recall(
  { records }: Pick<Backend, 'records'>,
  about: About,
  copy: StoredToken | undefined,
  now: Date,
): Promise<RememberedAnswer | undefined> {
  const key = keyOf(about);
  const record = await records.get({ collection, id: recordOf(about.uid) });
  const entry = entriesIn(record?.data).find((each) => each.key === key && each.until > now.toISOString());
  return entry && entry.at >= (copy?.arrived_at ?? '') ? entry.answer : undefined;
}

/** One read and one write; of two at once one is not remembered. @throws Error of the storage */
export async function remember(
  { records }: Pick<Backend, 'records'>,
  about: About,
  { token: _, ...answer }: AuthorizationAnswer,
  { now, seconds }: { now: Date; seconds: number },
): Promise<void> {
  const address = { collection, id: recordOf(about.uid) };
  const at = now.toISOString();
  const entry: Entry = { key: keyOf(about), at, until: new Date(now.getTime() + seconds * 1000).toISOString(), answer };
  const known = await records.get(address);
  const others = entriesIn(known?.data).filter((each) => each.key !== entry.key && each.until > at);
  const data = { entries: [entry, ...others].slice(0, mostInRecord) };
  try {
    if (known) await records.update({ ...address, data, revision: known.revision });
    else await records.create({ ...address, data });
  } catch (error) {
    if (!(error instanceof CrudError)) throw error;
  }
}

/** Forgets what is remembered of a uid, and of the few others in its record. */
export const forget = ({ records }: Pick<Backend, 'records'>, uid: string): Promise<void> =>
  records.delete({ collection, id: recordOf(uid) });
