/** What overtakes everything: Tokens that became invalid, by their names, in a bounded record for each party of ours. */
import { changeRecord } from '../crud/change-record.ts';
import type { Backend } from '../crud/crud.ts';
import { fold } from '../ocpi/values.ts';
import type { PartyId } from '../ocpi/versions.ts';

const collection = 'urgent';
/** Whatever is older is found by the walk of changes, which takes a few seconds longer. */
const mostUrgent = 200;

export interface Urgent {
  uid: string;
  type: string;
  /** The Token's last_updated when it became invalid, as it is stored. */
  stamp: string;
}

const idOf = ({ country_code, party_id }: PartyId): string => fold(`${country_code}-${party_id}`);

const urgentIn = (data: Record<string, unknown> | undefined): Urgent[] => (data?.tokens ?? []) as Urgent[];

const isSame = (one: Urgent, other: Urgent): boolean => one.type === other.type && fold(one.uid) === fold(other.uid);

/** The newest first. */
export async function readUrgent({ records }: Pick<Backend, 'records'>, party: PartyId): Promise<Urgent[]> {
  return urgentIn((await records.get({ collection, id: idOf(party) }))?.data);
}

/** May be repeated, and come in any order. */
export const noteUrgent = (
  { records }: Pick<Backend, 'records'>,
  party: PartyId,
  urgent: readonly Urgent[],
): Promise<void> =>
  changeRecord(records, { collection, id: idOf(party) }, (data) => {
    const all = [...urgent, ...urgentIn(data)].sort((a, b) => (a.stamp < b.stamp ? 1 : -1));
    const newest = all.filter((each, i) => all.findIndex((other) => isSame(each, other)) === i);
    return { tokens: newest.slice(0, mostUrgent) };
  });
