/** Tokens in SQLite: a storage of one's own, complete. README, "Swap the storage", shows this file. */
import { DatabaseSync } from 'node:sqlite';
import { authorize } from '../../lib/authorization.ts';
import type { Ambient } from '../../lib/backend.ts';
import { CrudError, type TokensCrud } from '../../lib/crud/crud.ts';
import { fold } from '../../lib/ocpi/values.ts';
import type { PartyId } from '../../lib/ocpi/versions.ts';

type Row = { data: string; revision: string; type: string };
type Named = Partial<PartyId> & { role: string; token_type?: string | undefined };
const ownerKey = ({ country_code = '', party_id = '' }: Partial<PartyId>) =>
  `<${fold(country_code)} ${fold(party_id)}>`;
const place = (call: Named, uid: string) => (call.role === 'CPO' ? ownerKey(call) : '') + fold(uid);

export function sqliteTokens(file: string, emspParties: readonly PartyId[], { now, newId }: Ambient): TokensCrud {
  const db = new DatabaseSync(file);
  db.exec(`CREATE TABLE IF NOT EXISTS tokens
           (n INTEGER PRIMARY KEY, role, owner, place, type, last_updated, data, revision, UNIQUE (role, place, type))`);

  function find(call: Named, uid: string): Row | undefined {
    const select = db.prepare('SELECT * FROM tokens WHERE role = ? AND place = ? AND type = ifnull(?, type)');
    const rows = select.all(call.role, place(call, uid), call.token_type ?? null) as Row[];
    return rows.find(({ type }) => type === 'RFID') ?? (rows.length === 1 ? rows[0] : undefined);
  }

  return {
    async get(call) {
      const row = find(call, call.id);
      return row && { data: JSON.parse(row.data), revision: row.revision };
    },
    async list({ filters: { date_from = '', date_to = '~', offset, limit }, ...call }) {
      const owners = emspParties.map(ownerKey).filter((key) => !call.party_id || key === ownerKey(call));
      const where = `FROM tokens WHERE role = 'EMSP' AND instr(?1, owner) AND last_updated >= ?2 AND last_updated < ?3`;
      const total = Number(db.prepare(`SELECT count(*) AS n ${where}`).get(owners.join(), date_from, date_to)?.n);
      const page = db.prepare(`SELECT data ${where} ORDER BY instr(?1, owner), n LIMIT ?4 OFFSET ?5`);
      const rows = page.all(owners.join(), date_from, date_to, limit, offset) as Row[];
      return { items: rows.map((row) => JSON.parse(row.data)), total, isLast: offset + limit >= total, limit };
    },
    async create({ role, token_type, data }) {
      const insert = db.prepare('INSERT OR IGNORE INTO tokens VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)');
      const key = [role, ownerKey(data), place({ role, ...data }, data.uid), token_type];
      const { changes } = insert.run(...key, data.last_updated, JSON.stringify(data), newId());
      if (changes === 0) throw new CrudError('already-exists');
    },
    async update({ data, revision, token_type, ...call }) {
      const update = db.prepare(`UPDATE tokens SET data = ?, last_updated = ?, revision = ?
                                 WHERE role = ? AND place = ? AND type = ? AND revision = ?`);
      const key = [call.role, place(call, call.id), token_type, revision];
      const { changes } = update.run(JSON.stringify(data), data.last_updated, newId(), ...key);
      if (changes === 0) throw new CrudError('conflict');
    },
    async do({ data: { token_uid, token_type, location_reference }, role }) {
      const row = find({ role, token_type }, token_uid);
      const own = row && { token: JSON.parse(row.data), settings: {} };
      return own && authorize(own, location_reference, now().toISOString(), newId);
    },
  };
}
