/** Two servers as `npm start` runs them, with their queues, killed in the middle: an eMSP's Tokens are with the CPO all the same. */
import { expect, test } from 'vitest';
import { invitePeer, registerPeer } from '../../../lib/operator/api/peers.ts';
import { findReceivedTokens } from '../../../lib/operator/api/received.ts';
import { showSync, steerSync } from '../../../lib/operator/api/sync.ts';
import { blockOwnToken, importOwnTokens, putOwnToken } from '../../../lib/operator/api/tokens.ts';
import { tokenOf, twoServers, uidOf, until } from '../../support/two-servers.ts';

const servers = twoServers();

/** @returns whether the CPO holds it as valid; undefined if it does not hold it */
async function atCpo(n: number): Promise<boolean | undefined> {
  const { tokens } = await servers.cpo.client.call(findReceivedTokens, { uid: uidOf(n) });
  return tokens[0]?.token.valid;
}

const taken = async () => {
  const { lanes } = await servers.emsp.client.call(showSync, { id: 'the-cpo' });
  return lanes.find(({ direction }) => direction === 'push')?.push?.taken ?? 0;
};

test('a full push that is killed, a block, and a CPO that was away', { timeout: 120_000 }, async () => {
  const lines = Array.from({ length: 200 }, (_, n) => JSON.stringify(tokenOf(n))).join('\n');
  await servers.emsp.client.call(importOwnTokens, {}, { lines });
  const { token } = await servers.cpo.client.call(invitePeer, { id: 'the-emsp' });
  // From here on it is pushed and pulled without a word of anybody's.
  await servers.emsp.client.call(registerPeer, {
    id: 'the-cpo',
    versionsUrl: `${servers.cpo.url}/ocpi/versions`,
    tokenA: token,
    settings: { pushesPerSecond: 60 },
  });
  await until(async () => (await taken()) > 20);
  await servers.emsp.restart('SIGKILL');
  // Nobody else works on its data, so no lease is waited for.
  await until(async () => (await atCpo(199)) === true && (await atCpo(100)) === true);

  await servers.emsp.client.call(blockOwnToken, { uid: uidOf(7) });
  await until(async () => (await atCpo(7)) === false);

  await servers.cpo.end('SIGKILL');
  await servers.emsp.client.call(putOwnToken, { token: tokenOf(999) });
  await servers.cpo.restart('SIGKILL');
  await servers.emsp.client.call(steerSync, { id: 'the-cpo', now: true });
  await until(async () => (await atCpo(999)) === true);
  expect([await atCpo(7), await atCpo(150)]).toEqual([false, true]);
});
