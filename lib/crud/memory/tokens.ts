/** Tokens in memory, of ours and received. */
import { comparableUid } from '../../ocpi/token.ts';
import { fold } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import {
  type CreateToken,
  CrudError,
  type ListOwn,
  type ListReceived,
  type StoredToken,
  type TokenPage,
  type TokensCall,
  type TokensStorage,
  type UpdateToken,
} from '../crud.ts';
import { kept } from './kept.ts';

/** All of a Token may change but its place in the list: so this is what lists hold, and what is stored is replaced in it. */
interface Slot {
  stored: StoredToken;
  /** In its list. */
  index: number;
}

type Named = TokensCall & Partial<PartyId>;
type Written = CreateToken | UpdateToken;

const ownerOf = ({ country_code = '', party_id = '' }: Partial<PartyId>) =>
  JSON.stringify([fold(country_code), fold(party_id)]);

const placeOf = (call: Named, uid: string) => (call.role === 'CPO' ? `${ownerOf(call)}${fold(uid)}` : fold(uid));

export function memoryTokens(newId: () => string): TokensStorage {
  /** By role, then by place and uid, then by type, so that a uid's only Token is found without its type. */
  const slots = { CPO: new Map<string, Map<string, Slot>>(), EMSP: new Map<string, Map<string, Slot>>() };
  /** Our own in order of creation, by owner. */
  const own = new Map<string, Slot[]>();
  /** In the order in which they first came in. Who leaves, leaves a gap, so that a place in it stays one. */
  const received: (Slot | undefined)[] = [];
  const receivedByUid = new Map<string, Set<number>>();

  function find(call: Named, uid: string, type: string | undefined): Slot | undefined {
    const sameUid = slots[call.role].get(placeOf(call, uid));
    if (type !== undefined) return sameUid?.get(type);
    return sameUid?.get('RFID') ?? (sameUid?.size === 1 ? sameUid.values().next().value : undefined);
  }

  function findForWriting(call: Named & { id: string; token_type: string; revision: string }): Slot {
    const slot = find(call, call.id, call.token_type);
    if (slot?.stored.revision !== call.revision) throw new CrudError('conflict');
    return slot;
  }

  function put(call: Named, uid: string, type: string, slot: Slot) {
    const place = placeOf(call, uid);
    const sameUid = slots[call.role].get(place) ?? new Map<string, Slot>();
    slots[call.role].set(place, sameUid.set(type, slot));
  }

  function take(call: Named, uid: string, type: string) {
    const place = placeOf(call, uid);
    const sameUid = slots[call.role].get(place);
    sameUid?.delete(type);
    if (sameUid?.size === 0) slots[call.role].delete(place);
  }

  function storedOf(call: Written): StoredToken {
    const { data } = call;
    const beside = call.role === 'EMSP' ? { settings: call.settings } : { arrived_at: call.arrived_at };
    return kept({ data, revision: newId(), ...beside });
  }

  function appendOwn(owner: string, stored: StoredToken): Slot {
    const ofOwner = own.get(owner) ?? [];
    const slot = { stored, index: ofOwner.length };
    ofOwner.push(slot);
    own.set(owner, ofOwner);
    return slot;
  }

  function appendReceived(stored: StoredToken): Slot {
    const uid = comparableUid(stored.data.uid);
    const slot = { stored, index: received.length };
    receivedByUid.set(uid, (receivedByUid.get(uid) ?? new Set<number>()).add(slot.index));
    received.push(slot);
    return slot;
  }

  function removeReceived({ stored, index }: Slot) {
    const uid = comparableUid(stored.data.uid);
    const sameUid = receivedByUid.get(uid);
    sameUid?.delete(index);
    if (sameUid?.size === 0) receivedByUid.delete(uid);
    received[index] = undefined;
  }

  function listOwn({ filters: { date_from, date_to, offset, limit }, ...party }: ListOwn): TokenPage {
    const all = own.get(ownerOf(party)) ?? [];
    const isInRange = ({ stored }: Slot) =>
      (date_from === undefined || stored.data.last_updated >= date_from) &&
      (date_to === undefined || stored.data.last_updated < date_to);
    const matching = date_from === undefined && date_to === undefined ? all : all.filter(isInRange);
    const items = matching.slice(offset, offset + limit).map(({ stored }) => stored);
    return { items, total: matching.length, isLast: offset + limit >= matching.length, limit };
  }

  function* receivedFrom(start: number, uid: string | undefined): Generator<number> {
    if (uid === undefined) for (let index = start; index < received.length; index += 1) yield index;
    else for (const index of receivedByUid.get(comparableUid(uid)) ?? []) if (index >= start) yield index;
  }

  function listReceived({ id, arrived_from = '', after = '-1', filters: { limit }, ...call }: ListReceived): TokenPage {
    const isWanted = ({ data, arrived_at = '' }: StoredToken) =>
      arrived_at >= arrived_from && (call.party_id === undefined || ownerOf(data) === ownerOf(call));
    const items: StoredToken[] = [];
    let last = after;
    for (const index of receivedFrom(Number(after) + 1, id)) {
      const stored = received[index]?.stored;
      if (!stored || !isWanted(stored)) continue;
      if (items.length === limit) return { items, isLast: false, limit, next: last };
      items.push(stored);
      last = String(index);
    }
    return { items, isLast: true, limit };
  }

  return {
    settleMs: 0,

    async get(call) {
      return find(call, call.id, call.token_type)?.stored;
    },

    async list(call) {
      return call.role === 'EMSP' ? listOwn(call) : listReceived(call);
    },

    async create(call) {
      if (find(call, call.data.uid, call.token_type)) throw new CrudError('already-exists');
      const stored = storedOf(call);
      const slot = call.role === 'EMSP' ? appendOwn(ownerOf(call), stored) : appendReceived(stored);
      put(call, call.data.uid, call.token_type, slot);
    },

    async update(call) {
      findForWriting(call).stored = storedOf(call);
    },

    async delete(call) {
      const slot = findForWriting(call);
      const successor = call.role === 'EMSP' ? find(call, call.data.uid, call.data.type) : undefined;
      if (successor && successor !== slot) throw new CrudError('already-exists');
      take(call, call.id, call.token_type);
      if (call.role === 'CPO') return removeReceived(slot);
      slot.stored = storedOf(call);
      put(call, call.data.uid, call.data.type, slot);
    },
  };
}
