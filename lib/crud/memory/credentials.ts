/** Peers in memory. */
import { type CredentialsCrud, CrudError, type KnownPeer, type PeerWrite, type TokenUse } from '../crud.ts';
import { kept } from './kept.ts';

type PeerRecord = PeerWrite & { revision: string };

export function memoryCredentials(newId: () => string): CredentialsCrud {
  const peers = new Map<string, PeerRecord>();
  const uses = new Map<string, TokenUse>();
  /** When each peer's last use with a token was. */
  const tokenUsedAt = new Map<string, string>();
  /** Whose each token is, by its hash, and whose each claim. */
  const tokenHolders = new Map<string, string>();
  const claimHolders = new Map<string, string>();

  const hashesOf = ({ data }: PeerWrite) => data.tokensWeGave.map(({ sha256 }) => sha256);

  const isTaken = (holders: Map<string, string>, names: readonly string[], id: string) =>
    names.some((name) => (holders.get(name) ?? id) !== id);

  function free(id: string) {
    const before = peers.get(id);
    if (!before) return;
    for (const sha256 of hashesOf(before)) tokenHolders.delete(sha256);
    for (const claim of before.claims) claimHolders.delete(claim);
  }

  function put({ data, access, claims }: PeerWrite) {
    const { id } = data;
    const record = kept({ data, access, claims, revision: newId() });
    if (isTaken(tokenHolders, hashesOf(record), id)) throw new CrudError('already-exists');
    if (isTaken(claimHolders, claims, id)) throw new CrudError('claimed');
    free(id);
    for (const sha256 of hashesOf(record)) tokenHolders.set(sha256, id);
    for (const claim of claims) claimHolders.set(claim, id);
    peers.set(id, record);
  }

  function known({ data, revision }: PeerRecord): KnownPeer {
    const lastUse = uses.get(data.id);
    return { data, revision, ...(lastUse && { lastUse }) };
  }

  return {
    async get({ id }) {
      const record = peers.get(id);
      return record && known(record);
    },

    async list() {
      return [...peers.values()].map(known).sort((a, b) => (a.data.id < b.data.id ? -1 : 1));
    },

    async create(call) {
      if (peers.has(call.data.id)) throw new CrudError('already-exists');
      put(call);
    },

    async update(call) {
      if (peers.get(call.id)?.revision !== call.revision) throw new CrudError('conflict');
      put(call);
    },

    async delete({ id }) {
      free(id);
      peers.delete(id);
      uses.delete(id);
      tokenUsedAt.delete(id);
    },

    async authenticate(call) {
      for (const sha256 of call.sha256) {
        const record = peers.get(tokenHolders.get(sha256) ?? '');
        if (record) return { access: record.access, sha256 };
      }
      return undefined;
    },

    async recordUse({ id, at, sha256 }) {
      if (!peers.has(id) || (sha256 !== undefined && at < (tokenUsedAt.get(id) ?? ''))) return;
      uses.set(id, kept({ ...uses.get(id), at, ...(sha256 !== undefined && { sha256 }) }));
      if (sha256 !== undefined) tokenUsedAt.set(id, at);
    },

    async lastUse({ id }) {
      return uses.get(id);
    },

    async claimHolders({ claims }) {
      return claims.map((claim) => claimHolders.get(claim));
    },
  };
}
