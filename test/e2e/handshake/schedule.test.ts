/** Tokens are exchanged by schedule: when it is time and no sooner, and whatever goes wrong in between, both sides go on. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endpoint as rotateCredentials } from '../../../functions/schedule/rotate-credentials.ts';
import { renew } from '../../../lib/credentials/renew.ts';
import { rotateDue } from '../../../lib/credentials/rotate-due.ts';
import type { VersionNumber } from '../../../lib/ocpi/versions.ts';
import { platformChecks } from '../../../lib/operator/doctor/platform.ts';
import { viewOf } from '../../../lib/operator/peers/view.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import { changePeer } from '../../../lib/peers/store.ts';
import type { PeerRuntime } from '../../../lib/runtime/peer-runtime.ts';
import { credentialsCall } from '../../support/builders.ts';
import type { Instance } from '../../support/instance.ts';
import { dayMs, type Pair, peerOf, startPair } from './support.ts';

let pair: Pair;
let cpo: Instance;
let emsp: Instance;

beforeEach(async () => {
  pair = await startPair();
  ({ cpo, emsp } = pair);
});
afterEach(() => pair.stop());

const set = (settings: PeerSettings) =>
  changePeer(emsp.runtime, 'the-cpo', (peer) => ({ ...peer, settings: { ...peer.settings, ...settings } }));

async function connectDue(version: VersionNumber = '2.2.1'): Promise<void> {
  await pair.connect(version);
  await set({ rotateEveryDays: 30 });
  emsp.advance(31 * dayMs);
}

const secretOf = async (): Promise<string | undefined> => (await peerOf(emsp, 'the-cpo')).connection?.sealedToken;

const linesOf = ({ logged }: Instance, message: string): string[] => logged.filter((line) => line.includes(message));

async function adviceOf(): Promise<string> {
  const known = await emsp.runtime.backend.credentials.get(credentialsCall({ id: 'the-cpo' }));
  return known ? viewOf(known, emsp.runtime.now()).advice.join(' ') : '';
}

describe('by schedule', () => {
  test.each(['2.1.1', '2.2.1', '2.3.0'] as const)(
    'in %s: once when it is time, and not by default',
    async (version) => {
      await pair.connect(version);
      const first = await secretOf();
      emsp.advance(366 * dayMs);
      expect(await rotateDue(emsp.runtime)).toBe(0);

      await set({ rotateEveryDays: 30 });
      expect(await rotateDue(emsp.runtime)).toBe(1);
      const second = await secretOf();
      expect(second).not.toBe(first);
      expect((await peerOf(emsp, 'the-cpo')).rotation).toBeUndefined();
      await pair.exchangeTokens();

      emsp.advance(26 * dayMs);
      expect(await rotateDue(emsp.runtime)).toBe(0);
      emsp.advance(4 * dayMs);
      expect(await rotateDue(emsp.runtime)).toBe(1);
      expect(await secretOf()).not.toBe(second);
      await pair.exchangeTokens();
      expect(linesOf(emsp, 'tokens exchanged by schedule')).toHaveLength(2);
    },
  );

  test('of two runs at once one does it', async () => {
    await connectDue();
    const counts = await Promise.all([rotateDue(emsp.runtime), rotateDue(emsp.runtime)]);
    expect(counts.toSorted()).toEqual([0, 1]);
    expect((await peerOf(emsp, 'the-cpo')).tokensWeGave).toHaveLength(2);
    await pair.exchangeTokens();
  });

  test('leaves the rest for the next hour when its time is up', async () => {
    await connectDue();
    const run = rotateCredentials(emsp.runtime);
    await run({}, { getRemainingTimeInMillis: () => 55_000 });
    expect(linesOf(emsp, 'tokens exchanged')).toHaveLength(0);
    await run({}, { getRemainingTimeInMillis: () => 70_000 });
    expect(linesOf(emsp, 'tokens exchanged')).toHaveLength(1);
  });

  test('what fails is logged once, shown, and tried again after a day, two, four and then weekly', async () => {
    await connectDue();
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      cpo.cuts.push('before', 'before', 'before', 'before');
      expect(await rotateDue(emsp.runtime)).toBe(0);
      cpo.cuts.length = 0;
      expect(await rotateDue(emsp.runtime)).toBe(0);
      await pair.exchangeTokens();
      const { rotation } = await peerOf(emsp, 'the-cpo');
      const pauseMs = Date.parse(rotation?.nextAt ?? '') - emsp.runtime.now().getTime();
      pauses.push(Math.round(pauseMs / dayMs));
      emsp.advance(pauseMs);
    }
    expect(pauses).toEqual([1, 2, 4, 7, 7]);
    expect(linesOf(emsp, 'tokens not exchanged by schedule')).toHaveLength(5);
    expect(await adviceOf()).toMatch(/has failed for the 5th time since .*peers rotate the-cpo/);
    const check = platformChecks(emsp.runtime, Number.POSITIVE_INFINITY).find(({ name }) => name === 'peers');
    expect(await check?.run()).toMatchObject({ status: 'warn' });

    expect(await rotateDue(emsp.runtime)).toBe(1);
    expect(await adviceOf()).not.toMatch(/has failed/);
    await pair.exchangeTokens();
  });

  test('what somebody else has renewed in the meantime is not due, and is no longer said to fail', async () => {
    await connectDue();
    cpo.cuts.push('before', 'before');
    await rotateDue(emsp.runtime);
    cpo.cuts.length = 0;
    await renew(emsp.runtime, 'the-cpo');
    expect(await adviceOf()).toBe('');
    emsp.advance(2 * dayMs);
    expect(await rotateDue(emsp.runtime)).toBe(0);
  });

  test('a partner that announces what was not agreed on stays what it was, with the new tokens', async () => {
    await connectDue();
    await set({ expectedParties: [{ country_code: 'FR', party_id: 'ZZZ' }] });
    const first = await secretOf();
    expect(await rotateDue(emsp.runtime)).toBe(0);
    const { rotation, roles } = await peerOf(emsp, 'the-cpo');
    expect(rotation?.why).toMatch(/announces what it may not.*its parties are what they were/);
    expect(roles).toMatchObject([{ party_id: 'AAA' }]);
    expect(await secretOf()).not.toBe(first);
    await pair.exchangeTokens();
  });
});

/** A function that is ended before the nth thing that it asks, of its storage or of the partner: no answer ever comes. */
function endingAt(runtime: PeerRuntime, nth: number): { runtime: PeerRuntime; ended: Promise<void> } {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const mortal = <T extends object>(api: T): T =>
    Object.fromEntries(
      Object.entries(api).map(([name, member]) => [
        name,
        typeof member === 'function'
          ? (...given: unknown[]) => {
              asked += 1;
              if (asked < nth) return member(...given);
              resolve();
              return new Promise(() => undefined);
            }
          : member,
      ]),
    ) as T;
  const { backend, client } = runtime;
  const { credentials, records } = backend;
  return {
    runtime: {
      ...runtime,
      backend: { ...backend, credentials: mortal(credentials), records: mortal(records) },
      client: mortal(client),
    },
    ended,
  };
}

describe('ended between any two of its requests', () => {
  test.each(['2.1.1', '2.2.1', '2.3.0'] as const)(
    'in %s: both sides go on at once, and the next try succeeds',
    async (version) => {
      await connectDue(version);
      let isDone = false;
      let nth = 0;
      while (!isDone) {
        nth += 1;
        const { runtime, ended } = endingAt(emsp.runtime, nth);
        isDone = await Promise.race([ended.then(() => false), rotateDue(runtime).then((count) => count === 1)]);
        await pair.exchangeTokens();
        // Not before a pause, and then without a fault.
        if (!isDone) emsp.advance(8 * dayMs);
        expect(await rotateDue(emsp.runtime)).toBe(isDone ? 0 : 1);
        emsp.advance(31 * dayMs);
      }
      await pair.exchangeTokens();
      expect(nth).toBeGreaterThan(10);
    },
  );

  test('is not repeated within the hour', async () => {
    await connectDue();
    const { runtime, ended } = endingAt(emsp.runtime, 5);
    await Promise.race([ended, rotateDue(runtime)]);
    const before = cpo.requests();
    emsp.advance(3_600_000);
    expect(await rotateDue(emsp.runtime)).toBe(0);
    expect(cpo.requests()).toBe(before);
    expect(await adviceOf()).toContain('it came to no end');
  });
});
