/** The reference implementation: everything in this process. For tests, and for local runs without a database. */
import { type AuthorizationSettings, authorize } from '../authorization.ts';
import type { Token } from '../ocpi/token.ts';
import { fold, sameParty } from '../ocpi/values.ts';
import type { PartyId } from '../ocpi/versions.ts';
import type { Peer } from '../peers/peer.ts';
import {
  type Backend,
  type CredentialsCrud,
  CrudError,
  type KnownPeer,
  type Stored,
  type TokensCall,
  type TokensCrud,
} from './crud.ts';

interface Options {
  /** Our own EMSP parties, in the order in which a list of all Tokens goes through them. */
  emspParties: readonly PartyId[];
  now: () => Date;
  newId: () => string;
}

interface TokenRecord extends Stored<Token> {
  settings: AuthorizationSettings;
}

export const memoryBackend = (options: Options): Backend => ({
  tokens: memoryTokens(options),
  credentials: memoryCredentials(options),
});

/** Objects are copied on the way in and out, as any real storage does. */
const copy = <T>(value: T): T => structuredClone(value);

/** The same for a Token, whose one nested object is known: a page of a thousand is copied in a tenth of the time. */
const copyToken = (token: Token): Token =>
  token.energy_contract ? { ...token, energy_contract: { ...token.energy_contract } } : { ...token };

function memoryTokens({ emspParties, now, newId }: Options): TokensCrud {
  /** By place and uid, then by type, so that a uid's only Token is found without its type. */
  const tokens = new Map<string, Map<string, TokenRecord>>();
  /** Our own Tokens in order of creation, by owner. */
  const created = new Map<string, TokenRecord[]>();

  const ownerOf = ({ country_code, party_id }: PartyId) => fold(`${country_code} ${party_id}`);

  const placeOf = ({ role, country_code = '', party_id = '' }: TokensCall & Partial<PartyId>, uid: string) =>
    JSON.stringify(role === 'CPO' ? [role, fold(country_code), fold(party_id), fold(uid)] : [role, fold(uid)]);

  function find(call: TokensCall & Partial<PartyId>, uid: string, type: string | undefined): TokenRecord | undefined {
    const sameUid = tokens.get(placeOf(call, uid));
    if (type !== undefined) return sameUid?.get(type);
    return sameUid?.get('RFID') ?? (sameUid?.size === 1 ? sameUid.values().next().value : undefined);
  }

  return {
    async get(call) {
      const record = find(call, call.id, call.token_type);
      return record && { data: copyToken(record.data), revision: record.revision };
    },

    async list({ filters: { date_from, date_to, offset, limit }, country_code, party_id }) {
      const parties =
        country_code && party_id
          ? emspParties.filter((own) => sameParty(own, { country_code, party_id }))
          : emspParties;
      const lists = parties.map((party) => created.get(ownerOf(party)) ?? []);
      const all = lists.length === 1 ? (lists[0] ?? []) : lists.flat();
      const isInRange = ({ data: { last_updated } }: TokenRecord) =>
        (date_from === undefined || last_updated >= date_from) && (date_to === undefined || last_updated < date_to);
      const matching = date_from === undefined && date_to === undefined ? all : all.filter(isInRange);
      const items = matching.slice(offset, offset + limit).map(({ data }) => copyToken(data));
      return { items, total: matching.length, isLast: offset + limit >= matching.length, limit };
    },

    async create(call) {
      const place = placeOf(call, call.data.uid);
      const sameUid = tokens.get(place) ?? new Map<string, TokenRecord>();
      if (sameUid.has(call.token_type)) throw new CrudError('already-exists');
      const record = { data: copyToken(call.data), revision: newId(), settings: {} };
      tokens.set(place, sameUid.set(call.token_type, record));
      if (call.role !== 'EMSP') return;
      const owner = ownerOf(call.data);
      const ofOwner = created.get(owner);
      if (ofOwner) ofOwner.push(record);
      else created.set(owner, [record]);
    },

    async update(call) {
      const record = find(call, call.id, call.token_type);
      if (record?.revision !== call.revision) throw new CrudError('conflict');
      Object.assign(record, { data: copyToken(call.data), revision: newId() });
    },

    async do({ data: { token_uid, token_type, location_reference }, ...call }) {
      const record = find(call, token_uid, token_type);
      if (!record) return undefined;
      const own = { token: copyToken(record.data), settings: record.settings };
      return authorize(own, location_reference, now().toISOString(), newId);
    },
  };
}

function memoryCredentials({ newId }: Options): CredentialsCrud {
  const peers = new Map<string, Stored<Peer>>();
  const uses = new Map<string, { at: string; sha256?: string }>();

  const indexOf = (peer: Peer, sha256: string | undefined) =>
    peer.tokensWeGave.findIndex((token) => token.sha256 === sha256);

  const isRetired = (peer: Peer, sha256: string) => indexOf(peer, sha256) < indexOf(peer, uses.get(peer.id)?.sha256);

  const holderOf = (sha256: string) => [...peers.values()].find(({ data }) => indexOf(data, sha256) >= 0);

  const known = (stored: Stored<Peer>): KnownPeer => {
    const use = uses.get(stored.data.id);
    return { ...copy(stored), ...(use && { lastUsedAt: use.at }) };
  };

  function refuseUsedTokens(peer: Peer) {
    const isUsed = peer.tokensWeGave.some(({ sha256 }) => (holderOf(sha256)?.data.id ?? peer.id) !== peer.id);
    if (isUsed) throw new CrudError('already-exists');
  }

  return {
    async get({ id }) {
      const stored = peers.get(id);
      return stored && known(stored);
    },

    async list() {
      return [...peers.values()].map(known).sort((a, b) => (a.data.id < b.data.id ? -1 : 1));
    },

    async create({ data }) {
      if (peers.has(data.id)) throw new CrudError('already-exists');
      refuseUsedTokens(data);
      peers.set(data.id, { data: copy(data), revision: newId() });
    },

    async update({ id, data, revision }) {
      if (peers.get(id)?.revision !== revision) throw new CrudError('conflict');
      refuseUsedTokens(data);
      peers.set(id, { data: copy(data), revision: newId() });
    },

    async delete({ id }) {
      peers.delete(id);
      uses.delete(id);
    },

    async do(call) {
      if (call.action === 'RecordUse') {
        const { id, ...use } = call.data;
        uses.set(id, { ...uses.get(id), ...use });
        return undefined;
      }
      for (const sha256 of call.data.sha256) {
        const holder = holderOf(sha256);
        if (holder && !isRetired(holder.data, sha256)) return { ...copy(holder), sha256 };
      }
      return undefined;
    },
  };
}
