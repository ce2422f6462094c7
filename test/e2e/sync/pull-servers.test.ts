/** Two servers as `npm start` runs them: a CPO that is killed in the middle of a pull has all Tokens all the same, each taken once. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changePeerSettings, invitePeer, registerPeer } from '../../../lib/operator/api/peers.ts';
import { showSync, steerSync } from '../../../lib/operator/api/sync.ts';
import { importOwnTokens } from '../../../lib/operator/api/tokens.ts';
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

const cards = 300;
const pullLimit = 5;

const tokenOf = (n: number) => ({
  uid: `CARD${String(n).padStart(4, '0')}`,
  type: 'RFID',
  contract_id: `NL-BBB-C${n}`,
  issuer: 'Lumen',
  valid: true,
  whitelist: 'ALLOWED',
});

async function pull() {
  const { lanes } = await cpo.client.call(showSync, { id: 'the-emsp' });
  return lanes.find(({ direction }) => direction === 'pull')?.pull;
}

/** However long a busy machine takes. */
async function until<Found>(look: () => Promise<Found | undefined>): Promise<Found> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(50);
  }
  throw new Error('It never came');
}

test('a pull that is killed goes on at the page where it was', { timeout: 180_000 }, async () => {
  const lines = Array.from({ length: cards }, (_, n) => JSON.stringify(tokenOf(n))).join('\n');
  await emsp.client.call(importOwnTokens, {}, { lines });
  const { token } = await cpo.client.call(invitePeer, { id: 'the-emsp', settings: { pulls: false } });
  await emsp.client.call(registerPeer, {
    id: 'the-cpo',
    versionsUrl: `${cpo.url}/ocpi/versions`,
    tokenA: token,
    settings: { pushes: false },
  });
  await cpo.client.call(changePeerSettings, { id: 'the-emsp', settings: { pulls: true, pullLimit } });
  await cpo.client.call(steerSync, { id: 'the-emsp', direction: 'pull', now: true });
  const before = await until(async () => {
    const walk = (await pull())?.walk;
    return walk && walk.read > 10 * pullLimit ? walk : undefined;
  });
  await cpo.restart('SIGKILL');
  const between = await pull();
  expect(between?.full).toBeUndefined();
  expect(between?.walk?.read).toBeGreaterThanOrEqual(before.read);

  await cpo.client.call(steerSync, { id: 'the-emsp', direction: 'pull', now: true });
  // The lease of the one that was killed has to end by itself.
  const full = await until(async () => (await pull())?.full);
  // What it had taken of the page at which it died is there already.
  const { created, unchanged, ...others } = full.counts;
  expect([full.at, full.read, full.missing]).toEqual([before.since, created + unchanged, 0]);
  expect(created + unchanged).toBeGreaterThanOrEqual(cards);
  expect(unchanged).toBeLessThanOrEqual(pullLimit);
  expect(Object.values(others)).toEqual(Object.values(others).map(() => 0));
});
