/** A handshake whose connection is cut at every place: both sides go on, or are usable after another try. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renew } from '../../../lib/credentials/renew.ts';
import { unregister } from '../../../lib/credentials/unregister.ts';
import type { VersionNumber } from '../../../lib/ocpi/versions.ts';
import type { Cut, Instance } from '../../support/instance.ts';
import { type Pair, peerOf, startPair } from './support.ts';

let cpo: Instance;
let emsp: Instance;
let connect: Pair['connect'];
let exchangeTokens: Pair['exchangeTokens'];
let stop: Pair['stop'];

describe('the connection is cut', () => {
  beforeEach(async () => {
    ({ cpo, emsp, connect, exchangeTokens, stop } = await startPair());
  });
  afterEach(() => stop());

  const steps: [side: 'cpo' | 'emsp', step: number, cut: Cut][] = (['before', 'after'] as const).flatMap((cut) => [
    ['cpo', 0, cut],
    ['cpo', 1, cut],
    ['cpo', 2, cut],
    ['emsp', 0, cut],
    ['emsp', 1, cut],
  ]);
  const sideOf = (side: 'cpo' | 'emsp') => (side === 'cpo' ? cpo : emsp);

  /** Runs until it succeeds, with a new invitation if the partner may have used up the old one. */
  async function untilConnected(version: VersionNumber): Promise<void> {
    await connect(version).catch(() => connect(version));
  }

  test.each(steps)('registration: at %s, request %i, %s it: both usable after another try', async (side, step, cut) => {
    sideOf(side).cuts.push(...Array.from({ length: step }, () => undefined), cut);
    await untilConnected('2.2.1');
    await exchangeTokens();
  });

  test.each(steps)(
    'rotation: at %s, request %i, %s it: both usable at once and after another try',
    async (side, step, cut) => {
      await connect('2.2.1');
      sideOf(side).cuts.push(...Array.from({ length: step }, () => undefined), cut);
      const outcome = await renew(emsp.runtime, 'the-cpo').catch((error: unknown) => error);
      expect(outcome).toBeInstanceOf(Error);
      await exchangeTokens();
      await renew(emsp.runtime, 'the-cpo');
      await exchangeTokens();
    },
  );

  test.each(steps.filter(([side]) => side === 'cpo').slice(0, 1))(
    'unregistering: at %s, request %i, %s it',
    async (side, step, cut) => {
      await connect('2.2.1');
      sideOf(side).cuts.push(...Array.from({ length: step }, () => undefined), cut);
      await expect(unregister(emsp.runtime, 'the-cpo', false)).rejects.toThrow('could not be told');
      await exchangeTokens();
      await unregister(emsp.runtime, 'the-cpo', false);
    },
  );

  test('unregistering whose answer was lost is finished by another try', async () => {
    await connect('2.2.1');
    cpo.cuts.push('after');
    await expect(unregister(emsp.runtime, 'the-cpo', false)).rejects.toThrow('could not be told');
    await unregister(emsp.runtime, 'the-cpo', false);
    expect((await peerOf(emsp, 'the-cpo')).connection).toBeUndefined();
  });
});
