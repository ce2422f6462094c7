/** Two servers as `npm start` runs them: a CPO that is killed in the middle of a pull has all Tokens all the same, each taken once. */
import { expect, test } from 'vitest';
import { changePeerSettings, invitePeer, registerPeer } from '../../../lib/operator/api/peers.ts';
import { showSync, steerSync } from '../../../lib/operator/api/sync.ts';
import { importOwnTokens } from '../../../lib/operator/api/tokens.ts';
import { tokenOf, twoServers, until } from '../../support/two-servers.ts';

const servers = twoServers();

const cards = 300;
const pullLimit = 5;

async function pull() {
  const { lanes } = await servers.cpo.client.call(showSync, { id: 'the-emsp' });
  return lanes.find(({ direction }) => direction === 'pull')?.pull;
}

test('a pull that is killed goes on at the page where it was', { timeout: 180_000 }, async () => {
  const lines = Array.from({ length: cards }, (_, n) => JSON.stringify(tokenOf(n))).join('\n');
  await servers.emsp.client.call(importOwnTokens, {}, { lines });
  const { token } = await servers.cpo.client.call(invitePeer, { id: 'the-emsp', settings: { pulls: false } });
  await servers.emsp.client.call(registerPeer, {
    id: 'the-cpo',
    versionsUrl: `${servers.cpo.url}/ocpi/versions`,
    tokenA: token,
    settings: { pushes: false },
  });
  await servers.cpo.client.call(changePeerSettings, { id: 'the-emsp', settings: { pulls: true, pullLimit } });
  await servers.cpo.client.call(steerSync, { id: 'the-emsp', direction: 'pull', now: true });
  const before = await until(async () => {
    const walk = (await pull())?.walk;
    return walk && walk.read > 10 * pullLimit ? walk : undefined;
  });
  await servers.cpo.restart('SIGKILL');
  const between = await pull();
  expect(between?.full).toBeUndefined();
  expect(between?.walk?.read).toBeGreaterThanOrEqual(before.read);

  await servers.cpo.client.call(steerSync, { id: 'the-emsp', direction: 'pull', now: true });
  const full = await until(async () => (await pull())?.full);
  // What it had taken of the page at which it died is there already.
  const { created, unchanged, ...others } = full.counts;
  expect([full.at, full.read, full.missing]).toEqual([before.since, created + unchanged, 0]);
  expect(created + unchanged).toBeGreaterThanOrEqual(cards);
  expect(unchanged).toBeLessThanOrEqual(pullLimit);
  expect(Object.values(others)).toEqual(Object.values(others).map(() => 0));
});
