/** Which landings are late, to the second that a stream tells. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { withActions } from '../../../lib/crud/actions.ts';
import { memoryStorage } from '../../../lib/crud/memory.ts';
import { republishLate } from '../../../lib/tokens/own/republish.ts';
import { emspCall, ownCreation, ownParties, ownToken } from '../../support/builders.ts';

const settleMs = 4_000;
const [party] = ownParties;
const at = (time: string) => new Date(`2026-03-01T${time}Z`);

/** Dated at 12:00:00.500. */
const stamp = at('12:00:08.500').toISOString();

async function landed(landedAt: Date, last_updated = stamp) {
  const storage = memoryStorage({ newId: () => randomUUID() });
  const tokens = withActions({ ...storage.tokens, settleMs }, async () => undefined);
  await tokens.create(ownCreation(ownToken(party, { uid: 'A', last_updated }), { hasNoCredit: true }));
  const runtime = { backend: { tokens, records: storage.records }, now: () => at('12:01:00.000') };
  const isPublished = await republishLate(runtime, { uid: 'A', type: 'RFID', last_updated: stamp, landedAt });
  return { isPublished, stored: await tokens.get(emspCall({ id: 'A', token_type: 'RFID' })) };
}

test('what landed within half of the time keeps its date, whichever part of the second it was', async () => {
  expect(await landed(at('12:00:01.000'))).toMatchObject({
    isPublished: false,
    stored: { data: { last_updated: stamp } },
  });
});

test('what may have landed later is published again, with all that it has', async () => {
  expect(await landed(at('12:00:02.000'))).toMatchObject({
    isPublished: true,
    stored: { data: { uid: 'A', last_updated: '2026-03-01T12:01:08.000Z' }, settings: { hasNoCredit: true } },
  });
});

test('what has been dated anew since is left alone', async () => {
  const newer = at('12:00:20.000').toISOString();
  expect(await landed(at('12:00:09.000'), newer)).toMatchObject({
    isPublished: false,
    stored: { data: { last_updated: newer } },
  });
});

test('what bears a date from elsewhere keeps it: no write takes an hour', async () => {
  expect(await landed(at('12:59:00.000'))).toMatchObject({ isPublished: true });
  expect(await landed(at('13:00:09.000'))).toMatchObject({
    isPublished: false,
    stored: { data: { last_updated: stamp } },
  });
});
