/** Two instances of ours, in each version: what the one has of its own, the other one's pull brings home. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { receivedTokensCall } from '../../lib/crud/calls.ts';
import { versionNumbers } from '../../lib/ocpi/versions.ts';
import type { Peer } from '../../lib/peers/peer.ts';
import { openTokensLine } from '../../lib/peers/tokens-line.ts';
import { pull } from '../../lib/sync/pull/pull.ts';
import type { PullState } from '../../lib/sync/state.ts';
import { createOnce } from '../../lib/sync/work.ts';
import { ownCreation, ownToken, ownUpdate } from '../support/builders.ts';
import { emspParty, type Pair, peerOf, startPair } from './handshake/support.ts';

const hour = 3_600_000;

/** Pulls until there is nothing to do. */
async function pullAll({ cpo }: Pair, peer: Peer, before: PullState | undefined): Promise<PullState> {
  const runtime = { ...cpo.runtime, queue: { send: async () => {} }, sleep: async () => {}, random: () => 0 };
  const scope = pull.scopeOf({ runtime, peer });
  if (scope === undefined) throw new Error('There is nothing to pull');
  let state = before ?? pull.begin({ runtime, peer }, scope, undefined);
  const line = async () => {
    const opened = await openTokensLine(runtime, peer, 'SENDER');
    if (!opened) throw new Error('There is no sender');
    return opened;
  };
  for (;;) {
    const deadline = new Date(runtime.now().getTime() + 45_000);
    const done = await pull.step({ runtime, peer, wishes: {}, deadline, line, once: createOnce() }, state);
    if (done.failure) throw done.failure;
    state = JSON.parse(JSON.stringify(done.state)) as PullState;
    if (done.next === 'rest') return state;
  }
}

const copyOf = async ({ cpo }: Pair) => {
  const filters = { date_from: undefined, date_to: undefined, offset: 0, limit: 1_000 };
  const { items } = await cpo.runtime.backend.tokens.list({ ...receivedTokensCall, ...emspParty, filters });
  return new Map(items.map(({ data }) => [data.uid, data]));
};

const asHub = (peer: Peer): Peer => ({
  ...peer,
  settings: {
    isHub: true,
    hubParties: [emspParty],
    ownersByIssuer: [{ issuer: 'Demo Mobility', ...emspParty }],
  },
});

describe.each(versionNumbers)('%s', (version) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair();
    await pair.connect(version);
    for (let index = 0; index < 250; index += 1)
      await pair.emsp.runtime.backend.tokens.create(ownCreation(ownToken(emspParty, { uid: `MORE${index}` })));
  });
  afterAll(() => pair.stop());

  test('a full pull brings all, a delta what has changed, and a hub’s list its owners’', async () => {
    const peer = await peerOf(pair.cpo, 'the-emsp');
    const first = await pullAll(pair, peer, undefined);
    expect(first).toMatchObject({
      full: { read: 251, counts: { created: 251, invalid: 0, foreign: 0 } },
      problems: [],
    });
    expect((await copyOf(pair)).size).toBe(251);

    const changed = ownToken(emspParty, { uid: 'MORE7', valid: false, last_updated: new Date().toISOString() });
    const { tokens } = pair.emsp.runtime.backend;
    const stored = await tokens.get({ ...receivedTokensCall, role: 'EMSP', id: 'MORE7', token_type: 'RFID' });
    await tokens.update(ownUpdate(changed, stored?.revision ?? ''));
    pair.cpo.advance(2 * hour);
    const second = await pullAll(pair, peer, first);
    expect(second).toMatchObject({ changes: { counts: { updated: 1, created: 0 } }, full: first.full });
    expect((await copyOf(pair)).get('MORE7')?.valid).toBe(false);

    const ofHub = await pullAll(pair, asHub(peer), undefined);
    expect(ofHub.full?.counts).toMatchObject({ unchanged: 251, foreign: 0 });
  });
});
