/** An eMSP's Tokens reach a CPO: two instances of ours, in each version. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { receivedTokensCall } from '../../../lib/crud/calls.ts';
import { versionNumbers } from '../../../lib/ocpi/versions.ts';
import { wakeChanged } from '../../../lib/sync/wake.ts';
import { block, changeSettings } from '../../../lib/tokens/own/change.ts';
import { fromSource } from '../../../lib/tokens/own/source.ts';
import { createWriteOwn } from '../../../lib/tokens/own/write.ts';
import { ownToken } from '../../support/builders.ts';
import { type Syncing, syncing } from '../../support/syncing.ts';
import { emspParty, type Pair, startPair } from '../handshake/support.ts';

let pair: Pair;
let emsp: Syncing;

beforeEach(async () => {
  pair = await startPair();
  emsp = syncing(pair.emsp.runtime);
});
afterEach(() => pair.stop());

const received = (uid: string) =>
  pair.cpo.runtime.backend.tokens.get({ ...receivedTokensCall, ...emspParty, id: uid, token_type: 'RFID' });

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
    const [written] = await createWriteOwn(emsp.runtime)([changeSettings({ uid: 'CARD1', type: 'RFID' }, block({}))]);
    const { last_updated: stamp = '' } = written?.after?.data ?? {};
    await wakeChanged(emsp.runtime, [{ ...emspParty, uid: 'CARD1', type: 'RFID', stamp, becameInvalid: true }]);
    await emsp.workOff();
    expect((await received('CARD1'))?.data.valid).toBe(false);
  });
});
