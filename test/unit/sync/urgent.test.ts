/** What became invalid, in the order in which workers are to send it. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { CrudError } from '../../../lib/crud/crud.ts';
import { memoryStorage } from '../../../lib/crud/memory.ts';
import { noteUrgent, readUrgent } from '../../../lib/sync/urgent.ts';

const party = { country_code: 'NL', party_id: 'LMS' };
const other = { country_code: 'DE', party_id: 'LMS' };
const at = (second: number) => new Date(Date.UTC(2026, 2, 1) + second * 1_000).toISOString();
const blocked = (uid: string, second: number, owner = party) => ({
  ...owner,
  uid,
  type: 'RFID',
  stamp: at(second),
  becameInvalid: true,
});
const noted = (uid: string, second: number) => ({ uid, type: 'RFID', stamp: at(second) });
const newRecords = () => memoryStorage({ newId: () => randomUUID() }).records;

test('keeps what became invalid for the party that it is of, the newest first, and nothing else', async () => {
  const records = newRecords();
  await noteUrgent(records, [blocked('A', 1), { ...blocked('B', 2), becameInvalid: false }, blocked('C', 3, other)]);
  await noteUrgent(records, [blocked('D', 4, { country_code: 'nl', party_id: 'lms' })]);
  expect(await readUrgent({ records }, party)).toEqual([noted('D', 4), noted('A', 1)]);
  expect(await readUrgent({ records }, other)).toEqual([noted('C', 3)]);
  expect(await readUrgent({ records }, { country_code: 'FR', party_id: 'XXX' })).toEqual([]);
});

test('a Token that became invalid again is there once, with its last stamp, whatever comes first', async () => {
  const records = newRecords();
  await noteUrgent(records, [blocked('a', 5), blocked('B', 3)]);
  await noteUrgent(records, [blocked('A', 4)]);
  expect(await readUrgent({ records }, party)).toEqual([noted('a', 5), noted('B', 3)]);
});

test('keeps the newest two hundred', async () => {
  const records = newRecords();
  await noteUrgent(
    records,
    Array.from({ length: 250 }, (_, i) => blocked(`U${i}`, i)),
  );
  const urgent = await readUrgent({ records }, party);
  expect(urgent.map(({ uid }) => uid)).toEqual(Array.from({ length: 200 }, (_, i) => `U${249 - i}`));
});

test('what is told twice is written once', async () => {
  const records = newRecords();
  await noteUrgent(records, [blocked('A', 1)]);
  const before = await records.get({ collection: 'urgent', id: 'NL-LMS' });
  await noteUrgent(records, [blocked('A', 1)]);
  expect(await records.get({ collection: 'urgent', id: 'NL-LMS' })).toEqual(before);
});

test('writers at once lose nothing', async () => {
  const records = newRecords();
  let conflicts = 0;
  const crowded: typeof records = {
    ...records,
    async update(call) {
      // Another is quicker, once.
      if (conflicts++ === 0) throw new CrudError('conflict');
      return records.update(call);
    },
  };
  await noteUrgent(crowded, [blocked('first', 0)]);
  await Promise.all(Array.from({ length: 10 }, (_, i) => noteUrgent(crowded, [blocked(`U${i}`, i + 1)])));
  expect(await readUrgent({ records }, party)).toHaveLength(11);
  expect(conflicts).toBeGreaterThan(1);
});
