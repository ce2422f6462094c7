/** What stands in the way of a handshake here: others that come at the same time, a busy storage, and a bound of our own. */
import { beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../../lib/credentials/access-token.ts';
import { addPeer } from '../../../lib/credentials/add.ts';
import { invite } from '../../../lib/credentials/invite.ts';
import { mostUnderWay, mostUnderWayOfOne } from '../../../lib/credentials/under-way.ts';
import { CrudError } from '../../../lib/crud/crud.ts';
import { toOcpiError } from '../../../lib/errors.ts';
import { changePeer, removePeer } from '../../../lib/peers/store.ts';
import { credentialsOf, network, type Platform, peerOf } from './network.ts';

let us: Platform;
let partner: Platform;

beforeEach(async () => {
  const { platform } = network();
  us = platform('us', 'CPO NL AAA');
  partner = platform('partner', 'EMSP DE BBB');
  await addPeer(partner.runtime, {
    roles: [{ role: 'CPO', country_code: 'NL', party_id: 'AAA' }],
    version: '2.2.1',
    token: 'z',
  });
});

const announced = (parties = 'EMSP DE BBB') => credentialsOf('partner', 'z', parties);

/** Lets the next request that comes in at the partner happen after something else. */
const meanwhile = (happens: () => Promise<unknown>) =>
  partner.faults.push(async (proceed) => {
    await happens();
    return proceed();
  });

async function registered(): Promise<string> {
  const { token } = await invite(us.runtime, 'p', {});
  await us.answer('POST', token, announced());
  await changePeer(us.runtime, 'p', (peer) => ({ ...peer, tokensWeGave: [{ sha256: sha256('in-use') }] }));
  return 'in-use';
}

describe('another change at the same time', () => {
  test('of two POSTs with one TOKEN_A one registers, and the other is told 405 (CRED-15)', async () => {
    const { token } = await invite(us.runtime, 'p', {});
    const outcomes = await Promise.allSettled([1, 2].map(() => us.answer('POST', token, announced())));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => toOcpiError(reason).http)).toEqual([405]);
    expect((await peerOf(us, 'p')).tokensWeGave).toHaveLength(1);
  });

  test('a setting that the operator changes is no other registration, and stays', async () => {
    const token = await registered();
    meanwhile(() => changePeer(us.runtime, 'p', (peer) => ({ ...peer, settings: { timeoutMs: 9_000 } })));
    await us.answer('PUT', token, announced());
    expect((await peerOf(us, 'p')).settings).toEqual({ timeoutMs: 9_000 });
  });

  test('what the operator no longer expects is refused, though it was expected when the request came', async () => {
    const token = await registered();
    meanwhile(() => changePeer(us.runtime, 'p', (peer) => ({ ...peer, settings: { expectedRoles: ['CPO'] } })));
    await expect(us.answer('PUT', token, announced())).rejects.toMatchObject({ status: 2001 });
  });

  test('a new registration in between is one: 405', async () => {
    const token = await registered();
    meanwhile(() => us.answer('PUT', token, announced()));
    await expect(us.answer('PUT', token, announced())).rejects.toMatchObject({ http: 405 });
  });

  test('and so is a token that was withdrawn, or a peer that was removed', async () => {
    const token = await registered();
    meanwhile(() => changePeer(us.runtime, 'p', (peer) => ({ ...peer, tokensWeGave: [] })));
    await expect(us.answer('PUT', token, announced())).rejects.toMatchObject({ http: 405 });
    await changePeer(us.runtime, 'p', (peer) => ({ ...peer, tokensWeGave: [{ sha256: sha256(token) }] }));
    meanwhile(() => removePeer(us.runtime.backend, 'p'));
    await expect(us.answer('PUT', token, announced())).rejects.toMatchObject({ http: 405 });
  });
});

describe('a busy storage', () => {
  function busyFor(times: number): void {
    const { credentials } = us.runtime.backend;
    const update = credentials.update.bind(credentials);
    let left = times;
    credentials.update = async (call) => {
      left -= 1;
      if (left >= 0) throw new CrudError('conflict');
      return update(call);
    };
  }

  test.each(['PUT', 'DELETE'])('%s is tried again, and not told that somebody else was first', async (method) => {
    const token = await registered();
    busyFor(5);
    await us.answer(method, token, announced());
    expect((await peerOf(us, 'p')).tokensWeGave).toHaveLength(method === 'PUT' ? 2 : 0);
  });

  test('that stays busy is a failure of ours, and nothing has changed', async () => {
    const token = await registered();
    const before = await peerOf(us, 'p');
    busyFor(Number.POSITIVE_INFINITY);
    const error: unknown = await us.answer('PUT', token, announced()).catch((reason: unknown) => reason);
    expect(toOcpiError(error)).toMatchObject({ http: 200, status: 3000 });
    expect(await peerOf(us, 'p')).toEqual(before);
  });
});

describe('a bound on handshakes under way', () => {
  /** Sends a handshake whose partner lets it wait. */
  function hold(id: string): { answer: Promise<unknown>; release: () => void; waiting: Promise<void> } {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: waiting, resolve: isWaiting } = Promise.withResolvers<void>();
    meanwhile(() => {
      isWaiting();
      return released;
    });
    const answer = invite(us.runtime, id, {}).then(({ token }) => us.answer('POST', token, announced(`EMSP DE ${id}`)));
    return { answer, release, waiting };
  }

  test('one more is told to try again, and may when another has ended', async () => {
    const held = [];
    for (let i = 0; i < mostUnderWay; i += 1) {
      const one = hold(`B0${i}`);
      await one.waiting;
      held.push(one);
    }
    const { token } = await invite(us.runtime, 'more', {});
    const more = () => us.answer('POST', token, announced('EMSP DE B09'));
    await expect(more()).rejects.toMatchObject({
      http: 200,
      status: 3000,
      message: expect.stringContaining('try again'),
    });
    for (const { release } of held) release();
    await Promise.all(held.map(({ answer }) => answer));
    await more();
  });

  test('one peer does not take all the places', async () => {
    const { token } = await invite(us.runtime, 'p', {});
    const attempts = Array.from({ length: 20 }, () => us.answer('POST', token, announced()));
    const outcomes = (await Promise.allSettled(attempts)).map((outcome) =>
      outcome.status === 'fulfilled' ? 'done' : toOcpiError(outcome.reason).status,
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome !== 3000).length).toBeLessThanOrEqual(mostUnderWayOfOne);
  });

  test('beside one peer that holds all that it gets, another is served', async () => {
    const { token } = await invite(us.runtime, 'p', {});
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const attempts: Promise<unknown>[] = [];
    for (let i = 0; i < mostUnderWay; i += 1) {
      const { promise: waits, resolve: isWaiting } = Promise.withResolvers<void>();
      meanwhile(() => {
        isWaiting();
        return released;
      });
      attempts.push(us.answer('POST', token, announced()).catch(isWaiting));
      await waits;
    }
    // Of those that were refused.
    partner.faults.length = 0;
    const other = await invite(us.runtime, 'other', {});
    await us.answer('POST', other.token, announced('EMSP DE OTH'));
    expect((await peerOf(us, 'other')).version).toBeDefined();
    release();
    await Promise.all(attempts);
  });

  test('a place whose function died is free again after a while', async () => {
    const { records } = us.runtime.backend;
    const until = new Date(us.runtime.now().getTime() + 35_000).toISOString();
    for (let place = 1; place <= mostUnderWay; place += 1) {
      await records.create({ collection: 'handshakes', id: `all/${place}`, data: { until } });
    }
    const { token } = await invite(us.runtime, 'p', {});
    await expect(us.answer('POST', token, announced())).rejects.toMatchObject({ status: 3000 });
    us.advance(36_000);
    await us.answer('POST', token, announced());
  });
});
