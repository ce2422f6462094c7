/**
 * Two companies with `npm start` and the owner's API, with the queue, the schedule and the stream as they are: an eMSP's Tokens reach
 * a CPO whoever is killed. What a worker that was killed has left is found by the schedule, so it takes a good minute, idle.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { locateEngine } from '../../../lib/local/engine.ts';
import { changePeerSettings, invitePeer, registerPeer } from '../../../lib/operator/api/peers.ts';
import { exportReceivedTokens, findReceivedTokens } from '../../../lib/operator/api/received.ts';
import { showSync, steerSync } from '../../../lib/operator/api/sync.ts';
import { blockOwnToken, importOwnTokens } from '../../../lib/operator/api/tokens.ts';
import { type LocalServerProcess, startLocalServer } from '../../support/local-server.ts';

const located = locateEngine();
const noEngine = 'reason' in located && located.reason;
if (noEngine) console.warn(`Push between two servers is not tested: ${noEngine}`);

const tokens = 300;
/** A ceiling for a machine with much to do, above the longest lease and the pause of the queue after it. */
const patience = { timeout: 120_000, interval: 200 };

let cpo: LocalServerProcess;
let emsp: LocalServerProcess;

const cardOf = (n: number) => ({
  uid: `CARD${n}`,
  type: 'RFID',
  contract_id: `DE-BBB-C${n}`,
  issuer: 'B Mobility',
  valid: true,
  whitelist: 'ALLOWED' as const,
});

async function held(): Promise<Set<string>> {
  const uids = new Set<string>();
  for await (const { lines } of cpo.client.pages(exportReceivedTokens, {}))
    for (const { token } of lines) if (token.uid.startsWith('CARD')) uids.add(token.uid);
  return uids;
}

const isValid = async (uid: string) => (await cpo.client.call(findReceivedTokens, { uid })).tokens[0]?.token.valid;
const lane = async () => (await emsp.client.call(showSync, { id: 'aaa' })).lanes.find((each) => each.push);
const now = () => emsp.client.call(steerSync, { id: 'aaa', direction: 'push', now: true });

describe.skipIf(noEngine)('two servers', () => {
  beforeAll(async () => {
    [cpo, emsp] = await Promise.all([
      startLocalServer({ OCPI_PARTIES: 'CPO NL AAA', LOG_LEVEL: 'error' }),
      startLocalServer({ OCPI_PARTIES: 'EMSP DE BBB', LOG_LEVEL: 'error' }),
    ]);
    const lines = Array.from({ length: tokens }, (_, n) => JSON.stringify(cardOf(n))).join('\n');
    await emsp.client.call(importOwnTokens, {}, { lines });
    const { token } = await cpo.client.call(invitePeer, { id: 'bbb' });
    // Or its pull would bring what the push is to bring.
    await cpo.client.call(changePeerSettings, { id: 'bbb', settings: { pulls: false } });
    await emsp.client.call(registerPeer, {
      id: 'aaa',
      versionsUrl: `${cpo.url}/ocpi/versions`,
      tokenA: token,
      settings: { pushesPerSecond: 60 },
    });
  });
  afterAll(() => Promise.all([cpo.stop(), emsp.stop()]));

  test('all Tokens arrive, though the eMSP is killed in the middle of the first full push', async () => {
    await now();
    await vi.waitFor(async () => expect((await held()).size).toBeGreaterThan(tokens / 10), {
      ...patience,
      interval: 50,
    });
    await emsp.end('SIGKILL');
    expect((await held()).size).toBeLessThan(tokens);
    await emsp.restart('SIGKILL');
    await vi.waitFor(async () => expect((await held()).size).toBe(tokens), patience);
  }, 180_000);

  test('a block arrives', async () => {
    await emsp.client.call(blockOwnToken, { uid: 'CARD7' });
    await vi.waitFor(async () => expect(await isValid('CARD7')).toBe(false), patience);
  }, 180_000);

  test('what has changed while the CPO was dead arrives when the owner wants it now', async () => {
    await cpo.end('SIGKILL');
    await emsp.client.call(blockOwnToken, { uid: 'CARD8' });
    await vi.waitFor(
      async () => expect(await lane()).toMatchObject({ failing: { times: expect.any(Number) } }),
      patience,
    );
    await cpo.restart('SIGKILL');
    await now();
    await vi.waitFor(async () => expect(await isValid('CARD8')).toBe(false), patience);
    await vi.waitFor(async () => expect(await lane()).toMatchObject({ state: 'at rest' }), patience);
  }, 180_000);
});
