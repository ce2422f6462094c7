/** Two servers as `npm start` runs them, with their queues, killed in the middle: an eMSP's Tokens are with the CPO all the same. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { invitePeer, registerPeer } from '../../../lib/operator/api/peers.ts';
import { findReceivedTokens } from '../../../lib/operator/api/received.ts';
import { showSync, steerSync } from '../../../lib/operator/api/sync.ts';
import { blockOwnToken, importOwnTokens, putOwnToken } from '../../../lib/operator/api/tokens.ts';
import { type LocalServerProcess, startLocalServer } from '../../support/local-server.ts';

let cpo: LocalServerProcess;
let emsp: LocalServerProcess;

beforeAll(async () => {
  [cpo, emsp] = await Promise.all([
    startLocalServer({ OCPI_PARTIES: 'CPO NL AAA', LOG_LEVEL: 'error' }),
    startLocalServer({ OCPI_PARTIES: 'EMSP NL BBB', LOG_LEVEL: 'error' }),
  ]);
});
afterAll(async () => {
  await Promise.all([cpo.stop(), emsp.stop()]);
});

const uidOf = (n: number) => `CARD${String(n).padStart(4, '0')}`;
const tokenOf = (n: number) => ({
  uid: uidOf(n),
  type: 'RFID',
  contract_id: `NL-BBB-C${n}`,
  issuer: 'Lumen',
  valid: true,
  whitelist: 'ALLOWED' as const,
});

/** @returns whether the CPO holds it as valid; undefined if it does not hold it */
async function atCpo(n: number): Promise<boolean | undefined> {
  const { tokens } = await cpo.client.call(findReceivedTokens, { uid: uidOf(n) });
  return tokens[0]?.token.valid;
}

/** However long a busy machine takes. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries += 1) {
    if (tries > 400) throw new Error('It never came');
    await delay(100);
  }
}

const taken = async () => {
  const { lanes } = await emsp.client.call(showSync, { id: 'the-cpo' });
  return lanes.find(({ direction }) => direction === 'push')?.push?.taken ?? 0;
};

test('a full push that is killed, a block, and a CPO that was away', { timeout: 120_000 }, async () => {
  const lines = Array.from({ length: 200 }, (_, n) => JSON.stringify(tokenOf(n))).join('\n');
  await emsp.client.call(importOwnTokens, {}, { lines });
  const { token } = await cpo.client.call(invitePeer, { id: 'the-emsp' });
  // From here on it is pushed and pulled without a word of anybody's.
  await emsp.client.call(registerPeer, {
    id: 'the-cpo',
    versionsUrl: `${cpo.url}/ocpi/versions`,
    tokenA: token,
    settings: { pushesPerSecond: 60 },
  });
  await until(async () => (await taken()) > 20);
  await emsp.restart('SIGKILL');
  // Nobody else works on its data, so no lease is waited for.
  await until(async () => (await atCpo(199)) === true && (await atCpo(100)) === true);

  await emsp.client.call(blockOwnToken, { uid: uidOf(7) });
  await until(async () => (await atCpo(7)) === false);

  await cpo.end('SIGKILL');
  await emsp.client.call(putOwnToken, { token: tokenOf(999) });
  await cpo.restart('SIGKILL');
  await emsp.client.call(steerSync, { id: 'the-cpo', now: true });
  await until(async () => (await atCpo(999)) === true);
  expect([await atCpo(7), await atCpo(150)]).toEqual([false, true]);
});
