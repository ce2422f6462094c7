/** Tokens of ours that became invalid, for each of our parties: a bounded record that every worker reads before every page. */
import { changeRecord } from '../crud/change-record.ts';
import type { Backend } from '../crud/crud.ts';
import { fold } from '../ocpi/values.ts';
import type { PartyId } from '../ocpi/versions.ts';

export const urgentCollection = 'urgent';

/** Older ones are in the walk of changes, as everything is. */
const maxUrgent = 200;

export interface Urgent {
  uid: string;
  type: string;
  /** Its last_updated, as it was stored. */
  stamp: string;
}

type Records = Pick<Backend, 'records'>['records'];

const idOf = ({ country_code, party_id }: PartyId): string => `${fold(country_code)}-${fold(party_id)}`;
const nameOf = ({ uid, type }: Urgent): string => `${type}#${fold(uid)}`;

/** @param changed of any of our parties; only what became invalid is noted. May be repeated, and come in any order */
export async function noteUrgent(
  records: Records,
  changed: readonly (PartyId & Urgent & { becameInvalid: boolean })[],
): Promise<void> {
  const parties = Map.groupBy(
    changed.filter(({ becameInvalid }) => becameInvalid),
    idOf,
  );
  for (const [id, news] of parties) {
    await addTo(
      records,
      id,
      news.map(({ uid, type, stamp }) => ({ uid, type, stamp })),
    );
  }
}

const addTo = (records: Records, id: string, news: readonly Urgent[]): Promise<void> =>
  changeRecord(records, { collection: urgentCollection, id }, (data) => {
    const known = tokensIn(data);
    const tokens = newest([...known, ...news]);
    return isSame(tokens, known) ? undefined : { tokens };
  });

const tokensIn = (data: unknown): Urgent[] => (data as { tokens: Urgent[] } | undefined)?.tokens ?? [];

/** Each Token once, with its last stamp. */
function newest(all: readonly Urgent[]): Urgent[] {
  const sorted = all.toSorted((a, b) => (a.stamp < b.stamp ? 1 : a.stamp > b.stamp ? -1 : 0));
  const first = new Map<string, Urgent>();
  for (const each of sorted) if (!first.has(nameOf(each))) first.set(nameOf(each), each);
  return [...first.values()].slice(0, maxUrgent);
}

const isSame = (a: readonly Urgent[], b: readonly Urgent[]): boolean =>
  a.length === b.length && a.every((each, i) => each.uid === b[i]?.uid && each.stamp === b[i]?.stamp);

/** @returns those of one of our parties, the newest first */
export async function readUrgent({ records }: Pick<Backend, 'records'>, party: PartyId): Promise<Urgent[]> {
  return tokensIn((await records.get({ collection: urgentCollection, id: idOf(party) }))?.data);
}
