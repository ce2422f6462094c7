/** May this card charge: several eMSPs, in what order and for how long they are asked, what is remembered, and what it costs. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endpoint } from '../../../functions/operator/may-charge.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import { questionsAtOnce } from '../../../lib/operator/charge/places.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import { changePeer } from '../../../lib/peers/store.ts';
import { receivedCreation, receivedUpdate, token } from '../../support/builders.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { type Answering, connectEmsp, type OddEmsp, startOddEmsp } from '../../support/odd-emsp.ts';
import { type Owner, startOwner } from '../../support/owner.ts';
import { event } from '../../support/runtime.ts';

let us: Instance;
let owner: Owner;
let emsps: Record<'AAA' | 'BBB' | 'CCC', OddEmsp>;

const allowed: Answering = { data: { allowed: 'ALLOWED' } };
const blocked: Answering = { data: { allowed: 'BLOCKED' } };
const unknown: Answering = { http: 404 };

beforeEach(async () => {
  us = await startInstance({ parties: 'CPO NL LCP' });
  owner = await startOwner(us.runtime);
  emsps = { AAA: await startOddEmsp(), BBB: await startOddEmsp(), CCC: await startOddEmsp() };
});
afterEach(async () => {
  for (const emsp of Object.values(emsps)) emsp.stop();
  await owner.stop();
  await us.stop();
});

type Name = keyof typeof emsps;
const connect = async (name: Name, answer: Answering, settings: PeerSettings = {}) => {
  emsps[name].answer = () => answer;
  const party = { country_code: 'DE', party_id: name };
  await connectEmsp(us, { id: name.toLowerCase(), party, url: emsps[name].url, settings });
};
const hold = (name: Name, more: Partial<Token> = {}) =>
  us.runtime.backend.tokens.create(receivedCreation(token({ uid: 'CARD', party_id: name, ...more })));
const ask = async (input: object = {}) => (await owner.post('may-charge', { uid: 'CARD', ...input })).data;
const said = ({ asked }: { asked?: unknown }) =>
  (asked as { peer: string; said: string }[]).map((each) => `${each.peer} ${each.said}`);

describe('a card that nobody has told us', () => {
  test('is asked of those that are set so, in their order, until one knows it', async () => {
    await connect('AAA', unknown, { askUnknown: 2 });
    await connect('BBB', unknown, { askUnknown: 1 });
    await connect('CCC', allowed, { askUnknown: 3 });
    const answer = await ask();
    expect(answer).toMatchObject({ allowed: true, source: 'asked', peer: 'ccc' });
    expect(said(answer)).toEqual(['bbb unknown', 'aaa unknown', 'ccc ALLOWED']);
  });

  test('is asked of nobody else once one has said no, nor of those that are not set so', async () => {
    await connect('AAA', blocked, { askUnknown: 1 });
    await connect('BBB', allowed, { askUnknown: 2 });
    await connect('CCC', allowed);
    const answer = await ask();
    expect(answer).toMatchObject({ allowed: false, source: 'asked', peer: 'aaa' });
    expect(said(answer)).toEqual(['aaa BLOCKED']);
  });

  test('is asked side by side only of those with the same place', async () => {
    await connect('AAA', 'hang', { askUnknown: 1 });
    await connect('BBB', allowed, { askUnknown: 1 });
    await connect('CCC', allowed, { askUnknown: 2 });
    const answer = await ask();
    expect(answer).toMatchObject({ allowed: true, peer: 'bbb' });
    expect(emsps.AAA.seen).toHaveLength(1);
    expect(emsps.CCC.seen).toHaveLength(0);
  });

  test('leaves each its share of the patience, so that one that hangs keeps nobody else from being asked', async () => {
    await connect('AAA', 'hang', { askUnknown: 1 });
    await connect('BBB', allowed, { askUnknown: 2 });
    const answer = await ask({ patienceMs: 800 });
    expect(answer).toMatchObject({ allowed: true, peer: 'bbb' });
    expect(said(answer)).toEqual(['aaa unreachable', 'bbb ALLOWED']);
  });
});

test.each([
  ['CARD', true],
  ['card', true],
  ['00CARD', true],
  ['OTHER', false],
])('the Token of %s in an answer about a card that nobody has told us is shown: %s', async (uid, isShown) => {
  await connect('AAA', { data: { allowed: 'ALLOWED', token: token({ uid }) } }, { askUnknown: 1 });
  const answer = await ask();
  expect(answer).toMatchObject({ allowed: true, peer: 'aaa' });
  expect('token' in answer).toBe(isShown);
});

describe('a card of several owners', () => {
  test('may charge if our copy of one says so, without asking the others', async () => {
    await connect('AAA', allowed);
    await hold('AAA', { whitelist: 'NEVER' });
    await hold('BBB', { whitelist: 'ALWAYS' });
    expect(await ask()).toMatchObject({ allowed: true, source: 'copy', token: { party_id: 'BBB' }, asked: [] });
  });

  test('is asked of one after the other until one allows', async () => {
    await connect('AAA', blocked);
    await connect('BBB', allowed);
    for (const name of ['AAA', 'BBB'] as const) await hold(name, { whitelist: 'NEVER' });
    expect(await ask()).toMatchObject({ allowed: true, peer: 'bbb' });
  });

  test('without a peer that speaks for it is decided as if that could not be asked', async () => {
    await hold('AAA', { whitelist: 'ALLOWED_OFFLINE' });
    expect(await ask()).toMatchObject({ allowed: true, source: 'offline', asked: [] });
  });
});

describe('leading zeros', () => {
  beforeEach(() => hold('AAA', { uid: '00CARD', whitelist: 'ALWAYS' }));

  test('make another card', async () => {
    await connect('AAA', allowed);
    expect(await ask()).toMatchObject({ allowed: false, source: 'none' });
  });

  test('do not where the peer is set so', async () => {
    await connect('AAA', allowed, { ignoresLeadingZeros: true });
    expect(await ask()).toMatchObject({ allowed: true, source: 'copy', token: { uid: '00CARD' } });
  });
});

describe('what a peer has said', () => {
  const twice = async (input: object = {}) => [await ask(input), await ask(input)];
  const remembers = { askUnknown: 1, remembersAnswerSeconds: 60 };

  test('is not remembered', async () => {
    await connect('AAA', allowed, { askUnknown: 1 });
    await twice();
    expect(emsps.AAA.seen).toHaveLength(2);
  });

  test.each([allowed, blocked])('is remembered where it is set so, for as long as it is set: %j', async (answer) => {
    await connect('AAA', answer, remembers);
    const [first, second] = await twice();
    expect(second).toMatchObject({ allowed: first?.allowed, source: 'asked', asked: [{ remembered: true }] });
    expect(emsps.AAA.seen).toHaveLength(1);
    us.advance(60_000);
    await ask();
    expect(emsps.AAA.seen).toHaveLength(2);
  });

  test('is remembered for the same place, type and party of ours only', async () => {
    await connect('AAA', allowed, remembers);
    for (const input of [
      {},
      { type: 'APP_USER' },
      { location: { location_id: 'L' } },
      { location: { location_id: 'M' } },
    ]) {
      await twice(input);
    }
    expect(emsps.AAA.seen).toHaveLength(4);
  });

  test('is not remembered if it says nothing, or of a Token that is to be asked for every use (WL-05)', async () => {
    await connect('AAA', unknown, remembers);
    await twice();
    expect(emsps.AAA.seen).toHaveLength(2);
    emsps.AAA.answer = () => ({ data: { allowed: 'ALLOWED', token: token({ uid: 'CARD', whitelist: 'NEVER' }) } });
    await twice();
    await hold('AAA', { whitelist: 'NEVER' });
    emsps.AAA.answer = () => allowed;
    await twice();
    expect(emsps.AAA.seen).toHaveLength(6);
  });

  test('does not count against what has come in since', async () => {
    await connect('AAA', allowed, remembers);
    const data = token({ uid: 'CARD', party_id: 'AAA', whitelist: 'ALLOWED_OFFLINE' });
    await hold('AAA', data);
    await twice();
    expect(emsps.AAA.seen).toHaveLength(1);
    const stored = (await us.runtime.backend.tokens.get(receivedUpdate(data, '')))?.revision ?? '';
    us.advance(1_000);
    await us.runtime.backend.tokens.update(receivedUpdate(data, stored, us.runtime.now().toISOString()));
    await twice();
    expect(emsps.AAA.seen).toHaveLength(2);
  });

  test('is forgotten when the card is erased, and names no card where it is kept', async () => {
    await connect('AAA', allowed, remembers);
    await ask();
    const { records } = us.runtime.backend;
    const kept = () => records.list({ collection: 'answers', limit: 10 });
    expect((await kept()).items).toHaveLength(1);
    expect(JSON.stringify(await kept())).not.toMatch(/card/i);
    await owner.post('tokens/erase', { uid: 'card' });
    expect((await kept()).items).toEqual([]);
  });
});

describe('what it costs', () => {
  /** One process of its own, whose requests to the storage are noted. */
  function process() {
    const calls: string[] = [];
    const noting = <T extends object>(part: T, name: string): T =>
      new Proxy(part, {
        get: (of, method: string & keyof T) => {
          const value: unknown = of[method];
          if (typeof value !== 'function') return value;
          return (...args: unknown[]): unknown => {
            calls.push(`${name}.${method}`);
            return (value as (...all: unknown[]) => unknown)(...args);
          };
        },
      });
    const { tokens, credentials, records } = us.runtime.backend;
    const backend = {
      tokens: noting(tokens, 'tokens'),
      credentials: noting(credentials, 'credentials'),
      records: noting(records, 'records'),
    };
    const handler = endpoint({ ...us.runtime, backend });
    const requestContext = { authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:user/tester' } } };
    return {
      calls,
      ask: async (uid: string, more: object = {}) => {
        const request = { ...event({ body: { uid, ...more } }), requestContext } as never;
        return JSON.parse((await handler(request, {} as never)).body ?? '');
      },
    };
  }

  test('from our copy one request to the storage, and the settings of all peers every ten seconds', async () => {
    await connect('AAA', allowed);
    await hold('AAA', { whitelist: 'ALWAYS' });
    await hold('AAA', { uid: 'B', whitelist: 'ALLOWED' });
    const { calls, ask: asked } = process();
    const requestsOf = async (uid: string) => {
      expect(await asked(uid)).toMatchObject({ source: 'copy' });
      return calls.splice(0);
    };
    expect(await requestsOf('CARD')).toEqual(['tokens.list']);
    expect(await requestsOf('B')).toEqual(['tokens.list', 'credentials.list']);
    expect(await requestsOf('B')).toEqual(['tokens.list']);
    us.advance(10_000);
    expect(await requestsOf('B')).toEqual(['tokens.list', 'credentials.list']);
  });

  test('a peer that hangs has no more than a few questions wait; the others’ cards are decided meanwhile', async () => {
    await connect('AAA', 'hang');
    await connect('BBB', allowed);
    await hold('AAA', { uid: 'HANGS', whitelist: 'ALLOWED_OFFLINE' });
    await hold('BBB', { uid: 'WORKS', whitelist: 'NEVER' });
    const { ask: asked } = process();
    const waiting = Array.from({ length: questionsAtOnce }, () => asked('HANGS', { patienceMs: 20_000 }));
    await expect.poll(() => emsps.AAA.seen.length).toBe(questionsAtOnce);
    const next = await asked('HANGS', { patienceMs: 20_000 });
    expect(next).toMatchObject({ allowed: true, source: 'offline', asked: [{ said: 'unreachable' }] });
    expect(emsps.AAA.seen).toHaveLength(questionsAtOnce);
    expect(await asked('WORKS')).toMatchObject({ allowed: true, source: 'asked' });
    // When it answers, there is room again.
    emsps.AAA.answer = () => allowed;
    emsps.AAA.stop();
    for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ source: 'offline' });
  });
});

test('all of that holds for a local server, which asks on behalf of many chargers at once', async () => {
  await connect('AAA', 'hang');
  await connect('BBB', allowed);
  await hold('AAA', { uid: 'HANGS', whitelist: 'ALLOWED_OFFLINE' });
  await hold('BBB', { uid: 'WORKS', whitelist: 'NEVER' });
  await hold('BBB', { uid: 'OURS', whitelist: 'ALWAYS' });
  const hanging = Array.from({ length: 3 * questionsAtOnce }, () => ask({ uid: 'HANGS', patienceMs: 20_000 }));
  await expect.poll(() => emsps.AAA.seen.length).toBe(questionsAtOnce);
  expect(await ask({ uid: 'OURS' })).toMatchObject({ allowed: true, source: 'copy' });
  expect(await ask({ uid: 'WORKS' })).toMatchObject({ allowed: true, source: 'asked' });
  await Promise.any(hanging);
  expect(emsps.AAA.seen).toHaveLength(questionsAtOnce);
  emsps.AAA.stop();
  for (const answer of await Promise.all(hanging)) expect(answer).toMatchObject({ allowed: true, source: 'offline' });
});

test('settings count when those that are known are old', async () => {
  await connect('AAA', blocked);
  await hold('AAA');
  expect(await ask()).toMatchObject({ allowed: true, source: 'copy' });
  await changePeer(us.runtime, 'aaa', (peer) => ({ ...peer, settings: { decidesAllowed: 'peer' } }));
  us.advance(10_000);
  expect(await ask()).toMatchObject({ allowed: false, source: 'asked' });
});
