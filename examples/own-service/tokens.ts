/** Our Tokens in SQLite: the example of the README of ocpi-tokens, which names what a storage keeps. */
import type { DatabaseSync } from 'node:sqlite';
import * as crud from 'ocpi-tokens/crud';
import { comparableUid } from 'ocpi-tokens/ocpi/token';
import { fold } from 'ocpi-tokens/ocpi/values';
import type { PartyId } from 'ocpi-tokens/ocpi/versions';

type Row = { n: number; stored: string; revision: string; type: string };
type Named = crud.TokensCall & Partial<PartyId>;

const ownerOf = ({ country_code = '', party_id = '' }: Partial<PartyId>) => fold(`${country_code}\t${party_id}`);

/** Our own Tokens are addressed without their owner. */
const placeOf = (call: Named, uid: string) => `${call.role}\t${call.role === 'CPO' ? ownerOf(call) : ''}\t${fold(uid)}`;

const columns = '(place, type, role, owner, uid, at, stored, revision)';
const storedOf = ({ stored, revision }: Row): crud.StoredToken => ({ ...JSON.parse(stored), revision });

/** @param newId makes revisions, so no two may be the same */
export function sqliteTokens(db: DatabaseSync, newId: () => string): crud.TokensStorage {
  db.exec(`CREATE TABLE IF NOT EXISTS tokens (n INTEGER PRIMARY KEY, place, type, role, owner, uid, at, stored, revision,
           UNIQUE (place, type))`);

  function find(call: Named, uid: string, type: string | undefined): Row | undefined {
    const select = db.prepare('SELECT * FROM tokens WHERE place = ? AND type = ifnull(?, type)');
    const rows = select.all(placeOf(call, uid), type ?? null) as unknown as Row[];
    return rows.find((row) => row.type === 'RFID') ?? (rows.length === 1 ? rows[0] : undefined);
  }

  function valuesOf(call: crud.CreateToken | crud.UpdateToken): string[] {
    const { role, data } = call;
    const key = [placeOf(call, data.uid), data.type, role, ownerOf(data), comparableUid(data.uid)];
    const [at, stored] =
      call.role === 'CPO'
        ? [call.arrived_at, { data, arrived_at: call.arrived_at }]
        : [data.last_updated, { data, settings: call.settings }];
    return [...key, at, JSON.stringify(stored), newId()];
  }

  /** Does to a Token what the statement says, if it is still what the caller believes. */
  async function change(call: crud.UpdateToken | crud.DeleteToken, statement: string, values: string[]): Promise<void> {
    const write = db.prepare(`${statement} WHERE place = ? AND type = ? AND revision = ?`);
    const { changes } = write.run(...values, placeOf(call, call.id), call.token_type, call.revision);
    if (changes > 0) return;
    const isUnchanged = find(call, call.id, call.token_type)?.revision === call.revision;
    throw new crud.CrudError(isUnchanged ? 'already-exists' : 'conflict');
  }

  const replace = (call: crud.UpdateToken) =>
    change(call, `UPDATE OR IGNORE tokens SET ${columns} = (?, ?, ?, ?, ?, ?, ?, ?)`, valuesOf(call));

  return {
    settleMs: 0,
    async get(call) {
      const row = find(call, call.id, call.token_type);
      return row && storedOf(row);
    },
    async list({ filters: { date_from = '', date_to = '~', offset, limit }, after, ...call }) {
      const owner = call.party_id === undefined ? null : ownerOf(call);
      const uid = call.role === 'CPO' && call.id !== undefined ? comparableUid(call.id) : null;
      const from = call.role === 'CPO' ? (call.arrived_from ?? '') : date_from;
      const where = `FROM tokens WHERE role = ?1 AND owner = ifnull(?2, owner) AND uid = ifnull(?3, uid) AND at >= ?4 AND at < ?5`;
      const query = [call.role, owner, uid, from, date_to];
      const select = db.prepare(`SELECT * ${where} AND n > ?6 ORDER BY n LIMIT ?7 + 1 OFFSET ?8`);
      const rows = select.all(...query, Number(after ?? 0), limit, after ? 0 : offset) as unknown as Row[];
      const total = Number(db.prepare(`SELECT count(*) AS n ${where}`).get(...query)?.n);
      const next = rows[limit - 1]?.n;
      const items = rows.slice(0, limit).map(storedOf);
      return { items, total, isLast: rows.length <= limit, limit, ...(next && { next: String(next) }) };
    },
    async create(call) {
      const insert = db.prepare(`INSERT OR IGNORE INTO tokens ${columns} VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
      if (insert.run(...valuesOf(call)).changes === 0) throw new crud.CrudError('already-exists');
    },
    update: replace,
    delete: (call) => (call.role === 'EMSP' ? replace(call) : change(call, 'DELETE FROM tokens', [])),
  };
}
