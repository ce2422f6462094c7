/** Records in memory. */
import { CrudError, type JsonObject, type RecordAddress, type RecordsStorage, type Stored } from '../crud.ts';
import { kept } from './kept.ts';

export function memoryRecords(newId: () => string): RecordsStorage {
  const collections = new Map<string, Map<string, Stored<JsonObject>>>();

  function collectionOf({ collection }: Pick<RecordAddress, 'collection'>): Map<string, Stored<JsonObject>> {
    const records = collections.get(collection) ?? new Map<string, Stored<JsonObject>>();
    collections.set(collection, records);
    return records;
  }

  function put({ collection, id }: RecordAddress, data: JsonObject): string {
    const stored = kept({ data, revision: newId() });
    collectionOf({ collection }).set(id, stored);
    return stored.revision;
  }

  return {
    async get(call) {
      return collectionOf(call).get(call.id);
    },

    async list({ prefix = '', after = '', limit, ...call }) {
      const matching = [...collectionOf(call)]
        .filter(([id]) => id.startsWith(prefix) && id > after)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const items = matching.slice(0, limit).map(([id, record]) => ({ id, ...record }));
      const last = items.at(-1)?.id;
      return { items, ...(matching.length > limit && last !== undefined && { next: last }) };
    },

    async create({ data, ...call }) {
      if (collectionOf(call).has(call.id)) throw new CrudError('already-exists');
      return put(call, data);
    },

    async update({ data, revision, ...call }) {
      if (collectionOf(call).get(call.id)?.revision !== revision) throw new CrudError('conflict');
      return put(call, data);
    },

    async delete({ revision, ...call }) {
      const records = collectionOf(call);
      const there = records.get(call.id);
      if (revision !== undefined && there && there.revision !== revision) throw new CrudError('conflict');
      records.delete(call.id);
    },
  };
}
