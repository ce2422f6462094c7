import { expect, test } from 'vitest';
import type { PeerRequest } from '../../../lib/client/ask-peer.ts';
import { PeerError } from '../../../lib/client/peer-error.ts';
import { askPeer, type PeerAccess } from '../../../lib/credentials/peer-access.ts';
import { wires } from '../../../lib/wire/registry.ts';

const access: PeerAccess = { id: 'de-dms', token: 'secret', settings: {} };

/** A partner that takes its time and answers 401 to all but one encoding. */
function slowPartner(takesMs: number, takes: 'raw' | 'base64' | 'nothing') {
  const asked: PeerRequest[] = [];
  let clock = 0;
  return {
    asked,
    elapsed: () => clock,
    runtime: {
      now: () => new Date(clock),
      client: {
        async ask(request: PeerRequest) {
          asked.push(request);
          clock += Math.min(takesMs, request.timeoutMs);
          if (takesMs > request.timeoutMs) throw new PeerError('unreachable', 'too slow');
          if (request.peer.authorizationEncoding !== takes) throw new PeerError('refused', 'no', { http: 401 });
          return {
            data: [],
            status_code: 1000,
            status_message: undefined,
            timestamp: undefined,
            http: 200,
            headers: {},
          };
        },
      },
    },
  };
}

const question = { module_id: 'versions', method: 'GET', url: 'https://partner.example.com/versions' } as const;

test.each([
  ['2.1.1', {}, undefined, ['raw', 'base64']],
  ['2.2.1', {}, undefined, ['base64', 'raw']],
  ['2.2.1', {}, 'raw', ['raw', 'base64']],
  ['2.3.0', { authorizationEncoding: 'raw' }, 'base64', ['raw']],
] as const)('%s, settings %o, seen %s: tries %o (TRN-07)', async (version, settings, seenEncoding, expected) => {
  const { runtime, asked } = slowPartner(1, 'nothing');
  const ask = askPeer(runtime, { ...access, settings, seenEncoding }, { ...question, wire: wires[version] });
  await expect(ask).rejects.toMatchObject({ http: 401 });
  expect(asked.map(({ peer }) => peer.authorizationEncoding)).toEqual(expected);
});

test('whatever a partner does, its requests end at the deadline (CRED-13)', async () => {
  const { runtime, asked, elapsed } = slowPartner(7_900, 'nothing');
  const withDeadline = { ...access, deadline: 22_000 };
  for (let request = 0; request < 4; request += 1) {
    await askPeer(runtime, withDeadline, { ...question, wire: wires['2.2.1'] }).catch(() => undefined);
  }
  expect(elapsed()).toBeLessThanOrEqual(22_010);
  expect(asked.at(-1)?.timeoutMs).toBe(1);
});

test('a silent partner costs one hop: nothing is tried twice but what was answered', async () => {
  const { runtime, asked } = slowPartner(60_000, 'nothing');
  const ask = askPeer(runtime, access, { ...question, wire: wires['2.2.1'] });
  await expect(ask).rejects.toMatchObject({ kind: 'unreachable' });
  expect(asked).toHaveLength(1);
});

/** A partner that answers the two encodings with these HTTP statuses; 200 is taken. */
function answersTo(raw: number, base64: number) {
  const asked: string[] = [];
  const ask = async ({ peer }: PeerRequest) => {
    asked.push(peer.authorizationEncoding);
    const http = peer.authorizationEncoding === 'raw' ? raw : base64;
    if (http !== 200) throw new PeerError('refused', String(http), { http });
    return { data: [], status_code: 1000, status_message: undefined, timestamp: undefined, http, headers: {} };
  };
  return { asked, runtime: { now: () => new Date(0), client: { ask } } };
}

test.each([
  ['GET', 401],
  ['GET', 403],
  ['GET', 500],
  ['POST', 401],
  ['PUT', 403],
  ['DELETE', 403],
] as const)('%s that is answered with HTTP %i is tried in the other encoding (TRN-06)', async (method, http) => {
  const { asked, runtime } = answersTo(200, http);
  const answer = await askPeer(runtime, access, { ...question, method, wire: wires['2.2.1'] });
  expect(answer.encoding).toBe('raw');
  expect(asked).toEqual(['base64', 'raw']);
});

test.each([
  ['POST', 500],
  ['PUT', 500],
  ['DELETE', 500],
  ['GET', 404],
  ['GET', 502],
  ['POST', 405],
] as const)('%s that is answered with HTTP %i is not tried again', async (method, http) => {
  const { asked, runtime } = answersTo(200, http);
  const ask = askPeer(runtime, access, { ...question, method, wire: wires['2.2.1'] });
  await expect(ask).rejects.toMatchObject({ http });
  expect(asked).toEqual(['base64']);
});

test.each([
  ['GET', ['base64', 'raw']],
  ['POST', ['base64']],
] as const)('OCPI 3000 is a failure of theirs as HTTP 500 is: %s tries %j', async (method, tried) => {
  const asked: string[] = [];
  const ask = async ({ peer }: PeerRequest) => {
    asked.push(peer.authorizationEncoding);
    throw new PeerError('refused', 'no', { http: 200, status_code: 3000 });
  };
  const runtime = { now: () => new Date(0), client: { ask } };
  const asking = askPeer(runtime, access, { ...question, method, wire: wires['2.2.1'] });
  await expect(asking).rejects.toMatchObject({ status_code: 3000 });
  expect(asked).toEqual(tried);
});

test.each([
  [403, 401, 403],
  [401, 403, 401],
  [500, 401, 401],
  [401, 500, 401],
  [401, 405, 405],
])('of HTTP %i and then %i the error that tells more is thrown', async (base64, raw, told) => {
  const { runtime } = answersTo(raw, base64);
  const ask = askPeer(runtime, access, { ...question, wire: wires['2.2.1'] });
  await expect(ask).rejects.toMatchObject({ http: told });
});
