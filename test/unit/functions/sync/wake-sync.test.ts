/** What the stream tells, as what peers can see of it; and how long a call lasts. */
import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endpoint } from '../../../../functions/sync/wake-sync.ts';
import { wakeChanged, wakeDue, wakePeers } from '../../../../lib/sync/wake.ts';
import { syncTestRuntime } from '../../../support/sync.ts';

vi.mock('../../../../lib/sync/wake.ts', () => ({
  wakeChanged: vi.fn(),
  wakeDue: vi.fn(),
  wakePeers: vi.fn(),
}));
const changed = vi.mocked(wakeChanged);
const due = vi.mocked(wakeDue);
beforeEach(() => void changed.mockResolvedValue());
afterEach(() => void vi.resetAllMocks());

const earlier = '2026-03-01T11:00:00.000Z';
const later = '2026-03-01T12:00:08.000Z';

const image = ({ valid = true, last_updated = earlier, ...texts }: Record<string, unknown> = {}) => ({
  pk: { S: 'E#A' },
  country_code: { S: 'NL' },
  party_id: { S: 'LMS' },
  uid: { S: 'a' },
  type: { S: 'RFID' },
  contract_id: { S: 'NL-LMS-C1' },
  issuer: { S: 'Lumen' },
  valid: { BOOL: valid as boolean },
  last_updated: { S: last_updated as string },
  settings: { M: {} },
  ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { S: text as string }])),
});
type Image = NonNullable<NonNullable<DynamoDBRecord['dynamodb']>['NewImage']>;
const record = (before: Image | undefined, after: Image, SequenceNumber = '1'): DynamoDBRecord => ({
  eventName: before ? 'MODIFY' : 'INSERT',
  dynamodb: { NewImage: after, SequenceNumber, ...(before && { OldImage: before }) },
});

async function tell(...records: DynamoDBRecord[]) {
  const runtime = await syncTestRuntime();
  const answer = await endpoint(runtime)({ Records: records });
  return { answer, runtime, told: changed.mock.calls.map(([, changes]) => changes) };
}

const seen = { country_code: 'NL', party_id: 'LMS', uid: 'a', type: 'RFID', stamp: later };

test.each([
  ['a new Token', undefined, image({ last_updated: later }), false],
  ['a new Token that is not valid', undefined, image({ last_updated: later, valid: false }), false],
  ['a Token that stopped being valid', image(), image({ last_updated: later, valid: false }), true],
  ['one that was not valid before', image({ valid: false }), image({ last_updated: later, valid: false }), false],
  ['one that is valid again', image({ valid: false }), image({ last_updated: later }), false],
])('wakes for %s', async (_, before, after, becameInvalid) => {
  expect((await tell(record(before, after))).told).toEqual([[{ ...seen, becameInvalid }]]);
});

test.each([
  ['what changed its settings alone', image(), image()],
  [
    'what is left of an erased Token',
    undefined,
    image({ last_updated: later, valid: false, uid: 'x', contract_id: 'x', issuer: 'erased', type: 'OTHER' }),
  ],
  ['what is no Token', undefined, { pk: { S: 'N#NL#LMS' } }],
])('does not wake for %s', async (_, before, after) => {
  expect((await tell(record(before, after))).told).toEqual([]);
});

test('tells the changes of a batch together, and lasts a second so that those of meanwhile are the next', async () => {
  const { runtime, told } = await tell(
    record(undefined, image({ last_updated: later })),
    record(image(), image({ last_updated: later, valid: false })),
  );
  expect(told.map((changes) => changes.length)).toEqual([2]);
  expect(runtime.slept).toEqual([1_000]);
});

test('wakes for a peer that was stored, of which the stream tells the key alone', async () => {
  const runtime = await syncTestRuntime();
  await endpoint(runtime)({ Records: [{ eventName: 'MODIFY', dynamodb: { Keys: { pk: { S: 'PEER#fr#1' } } } }] });
  expect(vi.mocked(wakePeers)).toHaveBeenCalledWith(expect.objectContaining({ backend: runtime.backend }), ['fr#1']);
  expect(changed).not.toHaveBeenCalled();
});

test('what took long already is not made longer', async () => {
  const runtime = await syncTestRuntime();
  changed.mockImplementation(async () => runtime.advance(700));
  await endpoint(runtime)({ Records: [record(undefined, image())] });
  changed.mockImplementation(async () => runtime.advance(1_700));
  await endpoint(runtime)({ Records: [record(undefined, image())] });
  expect(runtime.slept).toEqual([300, 0]);
});

test('a batch for which nobody was woken comes again at once, from its beginning', async () => {
  changed.mockRejectedValue(new Error('no queue'));
  const { answer, runtime } = await tell(
    record(undefined, image(), '7'),
    record(undefined, image({ last_updated: later }), '8'),
  );
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '7' }] });
  expect(runtime.slept).toEqual([]);
  expect(runtime.logged.join()).toContain('peers were not woken');
});

test('looks for what is due when the clock calls, and says so when it cannot', async () => {
  const runtime = await syncTestRuntime();
  await endpoint(runtime)({});
  expect(due).toHaveBeenCalledWith(expect.objectContaining({ backend: runtime.backend }));
  expect(changed).not.toHaveBeenCalled();
  expect(runtime.slept).toEqual([]);
  due.mockRejectedValue(new Error('no table'));
  await expect(endpoint(runtime)({})).rejects.toThrow('no table');
  expect(runtime.logged.join()).toContain('peers were not woken');
  expect(JSON.parse(runtime.logged[0] ?? '')).toMatchObject({ level: 'error', correlationId: expect.any(String) });
});
