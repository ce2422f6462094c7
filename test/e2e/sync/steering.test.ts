/** `peers sync` of an eMSP that pushes to a real CPO; and what is left of a lane whose connection ends, and of a Token that is erased. */
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { invite } from '../../../lib/credentials/invite.ts';
import { register } from '../../../lib/credentials/register.ts';
import { unregister } from '../../../lib/credentials/unregister.ts';
import { receivedTokensCall } from '../../../lib/crud/calls.ts';
import { invalid } from '../../../lib/errors.ts';
import { completeErasures } from '../../../lib/sync/erasures.ts';
import { fromSource } from '../../../lib/tokens/own/source.ts';
import { createWriteOwn } from '../../../lib/tokens/own/write.ts';
import { ownToken } from '../../support/builders.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { type OwnerCli, startOwnerCli } from '../../support/owner-cli.ts';
import { type Syncing, syncing } from '../../support/syncing.ts';
import { runCli } from '../../support/terminal.ts';

const party = { country_code: 'DE', party_id: 'BBB' };

let owner: OwnerCli;
let cpo: Instance;
let sync: Syncing;

const write = async (...uids: string[]) => {
  const changes = uids.map((uid) => {
    const { last_updated: _, ...token } = ownToken(party, { uid });
    return fromSource({ token });
  });
  await createWriteOwn(sync.runtime)(changes);
};

async function connect(): Promise<void> {
  const { token: tokenA } = await invite(cpo.runtime, 'bbb', {});
  await register(owner.runtime, { id: 'aaa', versionsUrl: `${cpo.url}/ocpi/versions`, tokenA, settings: {} });
}

beforeEach(async () => {
  owner = await startOwnerCli('EMSP DE BBB');
  cpo = await startInstance({ parties: 'CPO NL AAA' });
  owner.runtime.config.eraseAfterDays = 7;
  // One clock, or what the owner changes would be dated before the push that has waited.
  sync = syncing({ ...owner.runtime });
  Object.assign(owner.runtime, { queue: sync.runtime.queue, now: sync.runtime.now });
  await write('CARD1', 'CARD2', 'CARD3');
  await connect();
});
afterEach(async () => {
  await owner.stop();
  await cpo.stop();
});

const received = async () => {
  const filters = { date_from: undefined, date_to: undefined, offset: 0, limit: 100 };
  const { items } = await cpo.runtime.backend.tokens.list({ ...receivedTokensCall, ...party, filters });
  return Object.fromEntries(items.map(({ data }) => [data.uid, data.valid]));
};
const three = { CARD1: true, CARD2: true, CARD3: true };

/** The one lane there is, as the command answers. */
const lane = async (...args: string[]) => (await owner.answerOf('peers', 'sync', 'aaa', ...args)).lanes[0];

/** How many requests reach the CPO meanwhile. */
async function requestsOf(act: () => Promise<unknown>): Promise<number> {
  const before = cpo.requests();
  await act();
  return cpo.requests() - before;
}

const kept = async () => {
  const { records } = owner.runtime.backend;
  const collections = ['sync', 'sync-wishes', 'refused/aaa'];
  const pages = await Promise.all(collections.map((collection) => records.list({ collection, limit: 10 })));
  return pages.flatMap(({ items }) => items);
};

describe('peers sync', () => {
  test('says how far it is, before and after, and --now pushes without waiting for the minute', async () => {
    expect(await lane()).toMatchObject({ peer: 'aaa', direction: 'push', state: 'not begun' });
    expect(await lane('--now')).toMatchObject({ wishes: ['now'] });
    await sync.workOff();
    expect(await received()).toEqual(three);
    expect(await lane()).toMatchObject({
      state: 'at rest',
      wishes: [],
      push: { refused: 0, fullAt: expect.any(String) },
    });
    expect((await owner.cli(['peers', 'sync'])).out).toMatch(/aaa +push +at rest +all changes until /);
  });

  test('--full sends all again', async () => {
    await sync.minute();
    expect(await requestsOf(() => sync.minute())).toBe(0);
    await lane('--full');
    expect(await requestsOf(() => sync.workOff())).toBeGreaterThanOrEqual(3);
    expect(await lane()).toMatchObject({ wishes: [] });
  });

  test('--pause lets nothing through, and --resume what has changed, once', async () => {
    await sync.minute();
    expect(await lane('--pause')).toMatchObject({ state: 'paused', pausedSince: expect.any(String) });
    await write('CARD4');
    expect(await requestsOf(() => sync.minute())).toBe(0);
    await lane('--resume');
    expect(await requestsOf(() => sync.workOff())).toBe(1);
    expect(await received()).toEqual({ ...three, CARD4: true });
    expect(await lane()).toMatchObject({ state: 'at rest', push: { left: 0 } });
  });

  test('--retry-refused sends what the CPO had refused, and nothing else', async () => {
    await sync.minute();
    const { tokens } = cpo.runtime.backend;
    const { create } = tokens;
    tokens.create = () => Promise.reject(invalid('no such contract'));
    await write('CARD4');
    await sync.minute();
    tokens.create = create;
    expect(await received()).toEqual(three);
    expect(await lane()).toMatchObject({ push: { refused: 1, refusedTokens: [{ uid: 'CARD4' }] } });
    expect((await owner.cli(['peers', 'sync', 'aaa'])).out).toMatch(/CARD4 +RFID .* no such contract/);
    expect(await requestsOf(() => sync.minute())).toBe(0);
    expect(await lane('--retry-refused')).toMatchObject({ wishes: ['retry'] });
    await sync.workOff();
    expect(await received()).toEqual({ ...three, CARD4: true });
    expect(await lane()).toMatchObject({ push: { refused: 0 } });
  });

  test('--watch stays while there is something to do, draws how far it is, and ends with all of it', async () => {
    const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 100 });
    const drawn = text(stderr);
    const watching = runCli(['peers', 'sync', 'aaa', '--watch'], { DATA_DIR: owner.api.dataDir }, { stderr });
    const isOver = await Promise.race([watching.then(() => true), delay(300, false)]);
    expect(isOver).toBe(false);
    await sync.minute();
    const { code, out } = await watching;
    stderr.end();
    expect(await drawn).toContain('push: not begun');
    expect(code).toBe(0);
    expect(out).toMatch(/^push +aaa, at rest$/m);
    expect(out).toMatch(/^taken +3$/m);
  });

  test('the doctor sees a lane that is paused, and one at rest', async () => {
    await sync.minute();
    expect((await owner.cli(['doctor'])).out).toMatch(/push and pull.*1 at work or at rest/);
    await lane('--pause');
    expect((await owner.cli(['doctor'])).out).toMatch(/push and pull.*aaa: push is paused/);
  });
});

describe.each([
  ['we unregister', () => unregister(owner.runtime, 'aaa', false)],
  ['the CPO sends DELETE', () => unregister(cpo.runtime, 'bbb', false)],
])('when %s', (_name, end) => {
  test('nothing is left of the lane, and who registers again gets all', async () => {
    await sync.minute();
    await lane('--pause');
    expect(await kept()).not.toEqual([]);
    await end();
    await sync.minute();
    expect(await kept()).toEqual([]);
    await connect();
    expect(await requestsOf(() => sync.minute())).toBeGreaterThanOrEqual(3);
    expect(await lane()).toMatchObject({ state: 'at rest', push: { fullAt: expect.any(String) } });
  });
});

test('a Token that is erased is invalid at the CPO, and what stands for it is never sent', async () => {
  await sync.minute();
  await owner.answerOf('tokens', 'erase', 'CARD2');
  await sync.minute();
  expect(await received()).toEqual({ ...three, CARD2: false });
  await completeErasures(sync.runtime);
  await write('CARD4');
  expect(await requestsOf(() => sync.minute())).toBe(1);
  await lane('--full');
  await sync.workOff();
  expect(await received()).toEqual({ ...three, CARD2: false, CARD4: true });
});
