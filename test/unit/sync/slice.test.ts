/** A slice of a lane, by itself: whom it works for, what makes the lane fail, and what is left when there is nobody any more. */
import { beforeEach, describe, expect, test } from 'vitest';
import { PeerError } from '../../../lib/client/peer-error.ts';
import { ownTokensCall, peersCall } from '../../../lib/crud/calls.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import { noteRefusal } from '../../../lib/sync/push/refusals.ts';
import { refusedCollection } from '../../../lib/sync/refused.ts';
import type { SyncRuntime } from '../../../lib/sync/runtime.ts';
import { runSlice } from '../../../lib/sync/slice.ts';
import { type Failing, type PushState, readState, statesCollection } from '../../../lib/sync/state.ts';
import { tokenName } from '../../../lib/sync/token-name.ts';
import { wakeChanged, wakePeers } from '../../../lib/sync/wake.ts';
import { writeWishes } from '../../../lib/sync/wishes.ts';
import {
  ownCreation,
  ownParties,
  ownToken,
  ownUpdate,
  peerCreation,
  peerUpdate,
  taken,
} from '../../support/builders.ts';
import { syncedPeer } from '../../support/lanes.ts';
import { type SyncTestRuntime, syncTestRuntime } from '../../support/sync.ts';

const lane = { peer: 'aaa', direction: 'push' } as const;
const [party] = ownParties;
const minuteMs = 60_000;

let runtime: SyncTestRuntime;
/** The uids that the peer was sent. */
let sent: string[];

beforeEach(async () => {
  runtime = await syncTestRuntime();
  sent = [];
  runtime.sleep = async (ms) => runtime.advance(ms);
  runtime.vault = { seal: async () => 'sealed', unseal: async () => 'secret' };
  runtime.client.ask = async ({ url }) => {
    sent.push(url.split('/').at(-1) ?? '');
    return taken;
  };
  await runtime.backend.credentials.create(peerCreation(syncedPeer('aaa', { takes: true })));
  for (const uid of ['CARD1', 'CARD2', 'CARD3'])
    await runtime.backend.tokens.create(ownCreation(ownToken(party, { uid })));
});

const run = (around: SyncRuntime = runtime) => runSlice(around, lane, new Date(around.now().getTime() + 45_000));
const state = async () => (await readState(runtime.backend, lane))?.data;
const refused = async () =>
  (await runtime.backend.records.list({ collection: refusedCollection('aaa'), limit: 10 })).items;

async function change(edit: (state: PushState) => PushState): Promise<void> {
  const stored = await readState(runtime.backend, lane);
  if (!stored) throw new Error('There is no state');
  const address = { collection: statesCollection, id: 'aaa/push' };
  await runtime.backend.records.update({ ...address, data: { ...edit(stored.data) }, revision: stored.revision });
}

const settle = async (settings: PeerSettings) => {
  const { data, revision } =
    (await runtime.backend.credentials.get({ ...peersCall, id: 'aaa' })) ?? expect.unreachable();
  await runtime.backend.credentials.update(peerUpdate({ ...data, settings }, revision));
};

describe('a vault that cannot open the token of a peer', () => {
  const shut = async () => Promise.reject(new Error('KMS Decrypt failed: HTTP 400 AccessDeniedException'));

  test('makes the lane fail and back off, passes no Token over, and all are sent when it opens', async () => {
    const unseal = runtime.vault.unseal.bind(runtime.vault);
    let asked = 0;
    runtime.vault.unseal = () => {
      asked += 1;
      return shut();
    };
    for (let slices = 0; slices < 12; slices += 1) {
      expect(await run()).toBe('done');
      runtime.advance(10_000);
    }
    expect((await state())?.failing).toMatchObject({
      why: 'The token that they gave us cannot be opened: KMS Decrypt failed: HTTP 400 AccessDeniedException',
      times: asked,
    });
    expect(asked).toBeLessThan(10);
    expect(await state()).toMatchObject({ refused: [], taken: 0 });
    expect(await state()).not.toHaveProperty('lease');

    runtime.vault.unseal = unseal;
    runtime.advance(10 * minuteMs);
    await run();
    expect(sent.toSorted()).toEqual(['CARD1', 'CARD2', 'CARD3']);
    expect(await state()).not.toHaveProperty('failing');
  });

  test('is asked once for all pages of a slice', async () => {
    let asked = 0;
    runtime.vault.unseal = async () => {
      asked += 1;
      return 'secret';
    };
    await settle({ pushesPerSecond: 1 });
    await run();
    expect(sent).toHaveLength(3);
    expect(asked).toBe(1);
  });
});

describe('a peer that is left alone', () => {
  const becameInvalid = async (uid: string): Promise<void> => {
    const { tokens } = runtime.backend;
    const { data, revision } =
      (await tokens.get({ ...ownTokensCall, id: uid, token_type: 'RFID' })) ?? expect.unreachable();
    const stamp = runtime.now().toISOString();
    await tokens.update(ownUpdate({ ...data, valid: false, last_updated: stamp }, revision));
    await wakeChanged(runtime, [{ ...party, uid, type: 'RFID', stamp, becameInvalid: true }]);
  };
  const wakes = () => runtime.wakes.length;

  /** It took all Tokens, fails at one that has changed since, and is left alone for an hour. */
  async function leaveAlone(failing: Partial<Failing> = {}): Promise<void> {
    await run();
    runtime.advance(minuteMs);
    const since = runtime.now().toISOString();
    const nextAt = new Date(runtime.now().getTime() + 60 * minuteMs).toISOString();
    await change((before) => ({
      ...before,
      failing: { since, nextAt, times: 12, why: 'down', http: 500, ...failing },
    }));
    runtime.wakes.length = 0;
    sent = [];
  }

  test('is sent a block all the same, and then everything else', async () => {
    await leaveAlone();
    await change((before) => ({ ...before, full: { began: runtime.now().toISOString(), offset: 0, total: 3 } }));
    await becameInvalid('CARD2');
    expect(wakes()).toBe(1);
    await run();
    expect(sent[0]).toBe('CARD2');
    expect(sent.toSorted()).toEqual(['CARD1', 'CARD2', 'CARD3']);
    expect(await state()).not.toHaveProperty('failing');
  });

  test('and fails again is left alone as before, and tried with the next block after a quarter of an hour', async () => {
    await leaveAlone();
    const { ask } = runtime.client;
    runtime.client.ask = async (request) => {
      await ask(request);
      throw new PeerError('unreachable', 'down', { http: 503 });
    };
    const before = (await state())?.failing;
    await becameInvalid('CARD2');
    await run();
    expect(sent).toEqual(['CARD2']);
    expect((await state())?.failing).toEqual({ ...before, triedAt: runtime.now().toISOString() });
    expect(await state()).not.toHaveProperty('lease');

    runtime.advance(10 * minuteMs);
    await becameInvalid('CARD3');
    await run();
    expect([wakes(), sent]).toEqual([1, ['CARD2']]);

    runtime.advance(5 * minuteMs);
    await becameInvalid('CARD1');
    await run();
    expect([wakes(), sent.length]).toEqual([2, 2]);
  });

  test.each<[string, Partial<Failing>]>([
    ['has asked for it', { isWished: true }],
    ['refuses us', { http: 401 }],
  ])('because it %s is not sent a block either', async (_why, failing) => {
    await leaveAlone(failing);
    await becameInvalid('CARD2');
    await run();
    expect([wakes(), sent]).toEqual([0, []]);
  });

  test('is not asked where nothing is urgent', async () => {
    await leaveAlone();
    const before = await state();
    await run();
    expect(sent).toEqual([]);
    expect(await state()).toEqual(before);
    await wakeChanged(runtime, [{ ...party, uid: 'CARD1', type: 'RFID', stamp: '', becameInvalid: false }]);
    expect(wakes()).toBe(0);
  });
});

test('what the operator wants now goes on past an old failure, behind a page that sends nothing', async () => {
  await run();
  sent = [];
  const began = runtime.now().toISOString();
  const failing = {
    since: began,
    nextAt: new Date(runtime.now().getTime() + 60 * minuteMs).toISOString(),
    times: 9,
    why: '',
  };
  // First come the changes, of which there are none, and then all.
  await change((before) => ({ ...before, failing, full: { began, offset: 0, total: 3 } }));
  expect(await run()).toBe('done');
  expect(sent).toEqual([]);
  await writeWishes(runtime.backend, lane, () => ({ now: runtime.now().toISOString() }));
  await run();
  expect(sent.toSorted()).toEqual(['CARD1', 'CARD2', 'CARD3']);
});

describe('a lane whose peer is gone', () => {
  const refusal = {
    uid: 'CARD1',
    type: 'RFID',
    stamp: '2026-01-01T00:00:00.000Z',
    at: '2026-01-01T00:00:00.000Z',
    why: 'no',
  };
  beforeEach(async () => {
    await run();
    await noteRefusal(runtime.backend, 'aaa', refusal);
  });

  test('keeps what it has while another worker holds its lease, and nothing afterwards', async () => {
    await runtime.backend.credentials.delete({ ...peersCall, id: 'aaa' });
    const until = new Date(runtime.now().getTime() + 30_000).toISOString();
    await change((before) => ({ ...before, lease: { holder: 'other', until } }));
    expect(await run({ ...runtime, sleep: async () => undefined })).toBe('held');
    expect(await refused()).toHaveLength(1);
    expect((await state())?.lease?.holder).toBe('other');

    expect(await run()).toBe('done');
    expect(await refused()).toEqual([]);
    expect(await state()).toBeUndefined();
  });

  test('is held while what is left is forgotten: who comes back meanwhile waits', async () => {
    await runtime.backend.credentials.delete({ ...peersCall, id: 'aaa' });
    const { records } = runtime.backend;
    const holders: (string | undefined)[] = [];
    const watched = {
      ...records,
      async delete(call: Parameters<typeof records.delete>[0]) {
        if (call.collection.startsWith('refused/')) holders.push((await state())?.lease?.holder);
        await records.delete(call);
      },
    };
    await run({ ...runtime, backend: { ...runtime.backend, records: watched } });
    expect(holders).toEqual([expect.any(String)]);
    expect(await state()).toBeUndefined();
  });

  test('begins anew should its peer come back before it was forgotten to the end', async () => {
    await runtime.backend.credentials.delete({ ...peersCall, id: 'aaa' });
    const { records } = runtime.backend;
    const dying = {
      ...records,
      async delete(call: Parameters<typeof records.delete>[0]) {
        if (call.collection.startsWith('refused/')) throw new Error('dead');
        await records.delete(call);
      },
    };
    await expect(run({ ...runtime, backend: { ...runtime.backend, records: dying } })).rejects.toThrow('dead');
    await runtime.backend.credentials.create(peerCreation(syncedPeer('aaa', { takes: true })));
    runtime.advance(minuteMs);
    sent = [];
    await run();
    expect(sent.toSorted()).toEqual(['CARD1', 'CARD2', 'CARD3']);
    expect(await refused()).toEqual([]);
  });
});

test('a lane that is new begins without the refusals that one before it has left', async () => {
  const refusal = {
    uid: 'GONE',
    type: 'RFID',
    stamp: '2026-01-01T00:00:00.000Z',
    at: '2026-01-01T00:00:00.000Z',
    why: 'no',
  };
  await noteRefusal(runtime.backend, 'aaa', refusal);
  await run();
  expect(await refused()).toEqual([]);
});

describe('a peer that was stored', () => {
  test('wakes its lanes that have something to do, once for each time that it was', async () => {
    await wakePeers(runtime, ['aaa', 'aaa', 'nobody']);
    expect(runtime.wakes).toMatchObject([{ peer: 'aaa', direction: 'push' }]);
    await wakePeers(runtime, ['aaa']);
    expect(new Set(runtime.wakes.map(({ because }) => because)).size).toBe(1);

    await run();
    runtime.wakes.length = 0;
    await wakePeers(runtime, ['aaa']);
    await settle({ pushesPerSecond: 7 });
    await wakePeers(runtime, ['aaa']);
    expect(runtime.wakes).toEqual([]);

    await settle({ tokenTypes: ['RFID'] });
    await wakePeers(runtime, ['aaa']);
    expect(runtime.wakes).toMatchObject([{ peer: 'aaa', direction: 'push' }]);
  });

  test('is woken while a worker goes by what it was before, and not while it is paused', async () => {
    await run();
    const until = new Date(runtime.now().getTime() + 30_000).toISOString();
    await change((before) => ({ ...before, lease: { holder: 'other', until } }));
    await settle({ tokenTypes: ['RFID'] });
    await wakePeers(runtime, ['aaa']);
    expect(runtime.wakes).toHaveLength(1);

    await writeWishes(runtime.backend, lane, () => ({ paused: runtime.now().toISOString() }));
    await wakePeers(runtime, ['aaa']);
    expect(runtime.wakes).toHaveLength(1);
  });
});

test('a lane that has nothing else to do walks as soon as it is woken, and keeps no worker waiting', async () => {
  await run();
  sent = [];
  let sleptMs = 0;
  runtime.sleep = async (ms) => {
    sleptMs += ms;
  };
  const last_updated = new Date(runtime.now().getTime() + 4_000).toISOString();
  await runtime.backend.tokens.create(ownCreation(ownToken(party, { uid: 'CARD4', last_updated })));
  await run();
  expect(sent).toEqual(['CARD4']);
  // The peer's own pace, after the last Token.
  expect(sleptMs).toBeLessThan(200);
});

describe('while many changes are sent', () => {
  let stamp: string;
  beforeEach(async () => {
    await run();
    sent = [];
    const at = (ms: number) => new Date(runtime.now().getTime() + ms).toISOString();
    const [from, began] = [at(-20_000), at(-5_000)];
    stamp = at(-10_000);
    await change((before) => ({ ...before, changes: { from: began }, many: { from, began, offset: 0, told: {} } }));
  });

  async function put(uid: string): Promise<void> {
    const call = { ...ownTokensCall, id: uid, token_type: 'RFID' };
    const { revision } = (await runtime.backend.tokens.get(call)) ?? expect.unreachable();
    const data = ownToken(party, { uid, last_updated: stamp });
    await runtime.backend.tokens.update({ ...call, ...party, data, settings: {}, revision });
  }

  async function lose(uid: string, type: string): Promise<void> {
    const token = ownToken(party, { uid, type, valid: false, last_updated: stamp });
    await runtime.backend.tokens.create(ownCreation(token));
    await wakeChanged(runtime, [{ ...party, uid, type, stamp, becameInvalid: true }]);
  }

  test('what became invalid among them goes first, however late one hears of it, and once', async () => {
    for (const uid of ['CARD1', 'CARD2']) await put(uid);
    await lose('LOST', 'RFID');
    await lose('MAIL', 'EMAID');
    await run();
    expect(sent).toEqual(['LOST', 'CARD1', 'CARD2']);
  });

  test('what became invalid among them and is not theirs is looked at once', async () => {
    await lose('MAIL', 'EMAID');
    const { get } = runtime.backend.tokens;
    let looks = 0;
    runtime.backend.tokens.get = async (call) => {
      looks += 1;
      if (looks > 9) throw new Error('It never ends');
      return get(call);
    };
    await run();
    expect(looks).toBe(1);
  });

  test('what was refused among them and is tried again is sent once', async () => {
    for (const uid of ['CARD1', 'CARD2']) await put(uid);
    const refusal = { uid: 'CARD1', type: 'RFID', stamp, at: stamp, why: 'no' };
    await noteRefusal(runtime.backend, 'aaa', refusal);
    await change((before) => ({ ...before, refused: [tokenName(refusal)] }));
    await writeWishes(runtime.backend, lane, () => ({ retry: runtime.now().toISOString() }));
    const { ask } = runtime.client;
    runtime.client.ask = (request) => {
      // Until a walk of changes is due again.
      runtime.advance(3_000);
      return ask(request);
    };
    await run();
    expect(sent).toEqual(['CARD1', 'CARD2']);
  });
});
