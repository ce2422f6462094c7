/** A storage of one's own, complete, in one file of SQLite that several processes may have open. */
import { DatabaseSync } from 'node:sqlite';
import {
  type CredentialsCrud,
  CrudError,
  type KnownPeer,
  type PeerWrite,
  type RecordsStorage,
  type Storage,
} from '../../lib/crud/crud.ts';
import { sqliteTokens } from './sqlite-tokens.ts';

type Row = Record<string, string>;

/** @param newId makes revisions, so no two may be the same */
export function sqliteStorage(file: string, { newId }: { newId: () => string }): Storage & { close: () => void } {
  const db = new DatabaseSync(file, { timeout: 10_000 });
  // With a log ahead of it a commit need not wait for the disk; what a power cut takes, partners have still.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  return {
    tokens: sqliteTokens(db, newId),
    credentials: sqliteCredentials(db, newId),
    records: sqliteRecords(db, newId),
    close: () => db.close(),
  };
}

/** @throws CrudError if the write has changed nothing */
function write(db: DatabaseSync, refusal: CrudError['code'], sql: string, ...values: string[]): void {
  if (db.prepare(sql).run(...values).changes === 0) throw new CrudError(refusal);
}

function sqliteCredentials(db: DatabaseSync, newId: () => string): CredentialsCrud {
  db.exec(`CREATE TABLE IF NOT EXISTS peers (id PRIMARY KEY, data, access, revision, used_at, used_sha256, token_at);
           CREATE TABLE IF NOT EXISTS held (kind, name, peer, PRIMARY KEY (kind, name))`);

  function atOnce(work: () => void): void {
    db.exec('BEGIN IMMEDIATE');
    try {
      work();
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }

  function hold(kind: string, names: readonly string[], peer: string, refusal: CrudError['code']): void {
    for (const name of new Set(names)) {
      write(db, refusal, 'INSERT OR IGNORE INTO held VALUES (?, ?, ?)', kind, name, peer);
    }
  }

  function holdAll({ data, claims }: PeerWrite): void {
    db.prepare('DELETE FROM held WHERE peer = ?').run(data.id);
    const hashes = data.tokensWeGave.map(({ sha256 }) => sha256);
    hold('token', hashes, data.id, 'already-exists');
    hold('claim', claims, data.id, 'claimed');
  }

  const holderOf = (kind: string, name: string) =>
    db.prepare('SELECT peer, access FROM held JOIN peers ON id = peer WHERE kind = ? AND name = ?').get(kind, name) as
      | Row
      | undefined;

  const find = (id: string) => db.prepare('SELECT * FROM peers WHERE id = ?').get(id) as Row | undefined;

  const useOf = ({ used_at: at, used_sha256: sha256 }: Row) => at && { at, ...(sha256 && { sha256 }) };

  function known(row: Row): KnownPeer {
    const lastUse = useOf(row);
    const { data = '', revision = '' } = row;
    return { data: JSON.parse(data), revision, ...(lastUse && { lastUse }) };
  }

  return {
    async get({ id }) {
      const row = find(id);
      return row && known(row);
    },
    async list() {
      return (db.prepare('SELECT * FROM peers ORDER BY id').all() as Row[]).map(known);
    },
    async create(call) {
      const values = [call.data.id, JSON.stringify(call.data), JSON.stringify(call.access), newId()];
      atOnce(() => {
        write(db, 'already-exists', 'INSERT OR IGNORE INTO peers VALUES (?, ?, ?, ?, NULL, NULL, NULL)', ...values);
        holdAll(call);
      });
    },
    async update(call) {
      const values = [JSON.stringify(call.data), JSON.stringify(call.access), newId(), call.id, call.revision];
      const sql = 'UPDATE peers SET data = ?, access = ?, revision = ? WHERE id = ? AND revision = ?';
      atOnce(() => {
        write(db, 'conflict', sql, ...values);
        holdAll(call);
      });
    },
    async delete({ id }) {
      atOnce(() => {
        db.prepare('DELETE FROM peers WHERE id = ?').run(id);
        db.prepare('DELETE FROM held WHERE peer = ?').run(id);
      });
    },
    async authenticate(call) {
      for (const sha256 of call.sha256) {
        const row = holderOf('token', sha256);
        if (row?.access) return { access: JSON.parse(row.access), sha256 };
      }
      return undefined;
    },
    async recordUse({ id, at, sha256 }) {
      if (sha256 === undefined) db.prepare('UPDATE peers SET used_at = ? WHERE id = ?').run(at, id);
      else {
        const sql = `UPDATE peers SET used_at = ?1, token_at = ?1, used_sha256 = ?2
                     WHERE id = ?3 AND ifnull(token_at, '') <= ?1`;
        db.prepare(sql).run(at, sha256, id);
      }
    },
    async lastUse({ id }) {
      return useOf(find(id) ?? {}) || undefined;
    },
    async claimHolders({ claims }) {
      return claims.map((claim) => holderOf('claim', claim)?.peer);
    },
  };
}

function sqliteRecords(db: DatabaseSync, newId: () => string): RecordsStorage {
  db.exec('CREATE TABLE IF NOT EXISTS records (collection, id, data, revision, PRIMARY KEY (collection, id))');
  const parse = <R extends { data: string }>(row: R) => ({ ...row, data: JSON.parse(row.data) });

  return {
    async get({ collection, id }) {
      const select = db.prepare('SELECT data, revision FROM records WHERE collection = ? AND id = ?');
      const row = select.get(collection, id) as { data: string; revision: string } | undefined;
      return row && parse(row);
    },
    async list({ collection, prefix = '', after = '', limit }) {
      const select = db.prepare(`SELECT id, data, revision FROM records WHERE collection = ?1 AND id > ?2
                                 AND substr(id, 1, length(?3)) = ?3 ORDER BY id LIMIT ?4 + 1`);
      const rows = select.all(collection, after, prefix, limit) as { id: string; data: string; revision: string }[];
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return { items: rows.slice(0, limit).map(parse), ...(last && { next: last.id }) };
    },
    async create({ collection, id, data }) {
      const sql = 'INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?)';
      const revision = newId();
      write(db, 'already-exists', sql, collection, id, JSON.stringify(data), revision);
      return revision;
    },
    async update({ collection, id, data, revision }) {
      const sql = 'UPDATE records SET data = ?, revision = ? WHERE collection = ? AND id = ? AND revision = ?';
      const next = newId();
      write(db, 'conflict', sql, JSON.stringify(data), next, collection, id, revision);
      return next;
    },
    async delete({ collection, id, revision }) {
      const erase = db.prepare(
        'DELETE FROM records WHERE collection = ? AND id = ? AND revision = ifnull(?, revision)',
      );
      const { changes } = erase.run(collection, id, revision ?? null);
      if (changes === 0 && (await this.get({ collection, id }))) throw new CrudError('conflict');
    },
  };
}
