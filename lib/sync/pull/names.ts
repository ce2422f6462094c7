/**
 * What a full walk names: a hash of six bytes for each Token, in a record for each few thousand, kept as long as the walk lasts. One
 * record more for a page is what it costs, and fourteen megabytes in memory for a million Tokens when they are compared.
 */
import { createHash } from 'node:crypto';
import { forEachOf, removeCollection } from '../../crud/collection.ts';
import { CrudError, type RecordsStorage } from '../../crud/crud.ts';
import { fold } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';

/** More are not compared. */
export const mostNames = 5_000_000;

const bytesEach = 6;
const perRecord = 4_000;
/** Four megabytes at most; DynamoDB reads one at once. */
const recordsAtOnce = 128;
const removedAtOnce = 250;

const namesCollection = (peer: string): string => `named/${peer}`;

/** What one walk has named. */
export interface NamesOfWalk {
  peer: string;
  /** When it started, by which its records are told from those of others. */
  startedAt: string;
}

const prefixOf = ({ startedAt }: NamesOfWalk): string => `${startedAt}/`;

const hashOf = (name: readonly string[]): Buffer =>
  createHash('sha256').update(JSON.stringify(name)).digest().subarray(0, bytesEach);

/** @param type as the version of the connection has it */
export const nameOf = ({ country_code, party_id }: PartyId, type: string, uid: string): Buffer =>
  hashOf([fold(country_code), fold(party_id), type, fold(uid)]);

/** An object that cannot be taken still says that its Token is there; of its members only the uid may be of use. */
export const nameOfUid = (uid: string): Buffer => hashOf([fold(uid)]);

/** May be repeated: what is read again at a place replaces what was read before. @param place printable, unique in the walk */
export async function writeNames(
  records: RecordsStorage,
  walk: NamesOfWalk,
  place: string,
  names: readonly Buffer[],
): Promise<void> {
  const collection = namesCollection(walk.peer);
  for (let start = 0; start < names.length; start += perRecord) {
    const data = { names: Buffer.concat(names.slice(start, start + perRecord)).toString('base64') };
    await put(records, { collection, id: `${prefixOf(walk)}${place}/${start}` }, data);
  }
}

async function put(records: RecordsStorage, address: { collection: string; id: string }, data: { names: string }) {
  try {
    await records.create({ ...address, data });
  } catch (error) {
    if (!(error instanceof CrudError)) throw error;
    const stored = await records.get(address);
    if (stored) await records.update({ ...address, data, revision: stored.revision });
  }
}

export interface Names {
  has(name: Buffer): boolean;
}

export async function readNames(records: RecordsStorage, walk: NamesOfWalk): Promise<Names> {
  const all = { collection: namesCollection(walk.peer), prefix: prefixOf(walk), limit: recordsAtOnce };
  const parts: Buffer[] = [];
  let after: string | undefined;
  do {
    const page = await records.list({ ...all, ...(after !== undefined && { after }) });
    for (const { data } of page.items) parts.push(Buffer.from(String(data.names), 'base64'));
    after = page.next;
  } while (after !== undefined);
  const sorted = sort(parts);
  return { has: (name) => isIn(sorted, numberOf(name, 0)) };
}

const numberOf = (bytes: Buffer, index: number): number => bytes.readUIntBE(index * bytesEach, bytesEach);

function sort(parts: readonly Buffer[]): Float64Array {
  const sorted = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0) / bytesEach);
  let end = 0;
  for (const part of parts) {
    for (let index = 0; index < part.length / bytesEach; index += 1) {
      sorted[end] = numberOf(part, index);
      end += 1;
    }
  }
  return sorted.sort();
}

function isIn(sorted: Float64Array, wanted: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}

/**
 * Some of them.
 * @param startedAt of the walk; empty: of all walks
 * @returns whether all are gone
 */
export async function removeNames(records: RecordsStorage, { peer, startedAt }: NamesOfWalk): Promise<boolean> {
  const collection = namesCollection(peer);
  const { items, next } = await records.list({ collection, prefix: startedAt, limit: removedAtOnce });
  await forEachOf(items, ({ id }) => records.delete({ collection, id }));
  return next === undefined;
}

/** Those of all walks. @param patienceMs after which what is left stays; @returns whether all are gone */
export const forgetNames = (records: RecordsStorage, peer: string, patienceMs: number): Promise<boolean> =>
  removeCollection(records, namesCollection(peer), patienceMs);
