/** An eMSP's Tokens reach a CPO: two instances of ours, in each version. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { receivedTokensCall } from '../../../lib/crud/calls.ts';
import { versionNumbers } from '../../../lib/ocpi/versions.ts';
import { changePeer } from '../../../lib/peers/store.ts';
import { wakeChanged } from '../../../lib/sync/wake.ts';
import { block, changeSettings } from '../../../lib/tokens/own/change.ts';
import { fromSource } from '../../../lib/tokens/own/source.ts';
import { createWriteOwn } from '../../../lib/tokens/own/write.ts';
import { ownCreation, ownToken } from '../../support/builders.ts';
import { type Syncing, syncing } from '../../support/syncing.ts';
import { emspParty, type Pair, startPair } from '../handshake/support.ts';

let pair: Pair;
let emsp: Syncing;

beforeEach(async () => {
  pair = await startPair();
  emsp = syncing(pair.emsp.runtime);
});
afterEach(() => pair.stop());

const received = (uid: string, token_type = 'RFID', party = emspParty) =>
  pair.cpo.runtime.backend.tokens.get({ ...receivedTokensCall, ...party, id: uid, token_type });

/** A block, and all that comes of it before the next minute. */
async function blockAtOnce(uid: string, type = 'RFID') {
  const [written] = await createWriteOwn(emsp.runtime)([changeSettings({ uid, type }, block({}))]);
  const { last_updated: stamp = '' } = written?.after?.data ?? {};
  await wakeChanged(emsp.runtime, [{ ...emspParty, uid, type, stamp, becameInvalid: true }]);
  await emsp.workOff();
}

describe.each(versionNumbers)('in %s', (version) => {
  beforeEach(() => pair.connect(version));

  test('a new peer gets all Tokens, and then each change (TOK-FLOW-02, PUSH-01)', async () => {
    await emsp.minute();
    expect((await received('CARD1'))?.data.valid).toBe(true);

    const { last_updated: _, ...token } = ownToken(emspParty, { uid: 'CARD2' });
    await createWriteOwn(emsp.runtime)([fromSource({ token })]);
    await emsp.minute();
    expect((await received('CARD2'))?.data.uid).toBe('CARD2');
  });

  test('a block is with the peer at once', async () => {
    await emsp.minute();
    await blockAtOnce('CARD1');
    expect((await received('CARD1'))?.data.valid).toBe(false);
  });

  test('a peer that is limited to some types gets no other Token, neither as it is nor its changes nor its block', async () => {
    await changePeer(emsp.runtime, 'the-cpo', (peer) => ({ ...peer, settings: { tokenTypes: ['OTHER'] } }));
    await emsp.runtime.backend.tokens.create(ownCreation(ownToken(emspParty, { uid: 'THEIRS', type: 'OTHER' })));
    await emsp.minute();
    expect((await received('THEIRS', 'OTHER'))?.data.valid).toBe(true);
    expect(await received('CARD1')).toBeUndefined();

    const { last_updated: _, ...token } = ownToken(emspParty, { uid: 'CARD1', issuer: 'Another' });
    await createWriteOwn(emsp.runtime)([fromSource({ token })]);
    await emsp.minute();
    expect(await received('CARD1')).toBeUndefined();

    await blockAtOnce('CARD1');
    await blockAtOnce('THEIRS', 'OTHER');
    expect((await received('THEIRS', 'OTHER'))?.data.valid).toBe(false);
    expect(await received('CARD1')).toBeUndefined();
  });
});

test.each(['2.2.1', '2.3.0'] as const)(
  'in %s a peer that is limited to one of our parties gets nothing of another',
  async (version) => {
    await pair.stop();
    pair = await startPair(undefined, 'EMSP DE BBB, EMSP DE CCC');
    emsp = syncing(pair.emsp.runtime);
    const theirs = { ...emspParty, party_id: 'CCC' };
    await pair.connect(version);
    await changePeer(emsp.runtime, 'the-cpo', (peer) => ({ ...peer, settings: { ownParties: [theirs] } }));
    await emsp.runtime.backend.tokens.create(ownCreation(ownToken(theirs, { uid: 'THEIRS' })));
    await emsp.minute();
    await blockAtOnce('CARD1');
    await emsp.minute();
    expect((await received('THEIRS', 'RFID', theirs))?.data.valid).toBe(true);
    expect(await received('CARD1')).toBeUndefined();
  },
);
