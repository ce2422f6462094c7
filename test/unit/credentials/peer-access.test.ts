import { expect, test } from 'vitest';
import type { PeerRequest } from '../../../lib/client/ask-peer.ts';
import { PeerError } from '../../../lib/client/peer-error.ts';
import { askPeer, type PeerAccess } from '../../../lib/credentials/peer-access.ts';
import { wires } from '../../../lib/wire/wire.ts';

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
] as const)('TRN-07 %s, settings %o, seen %s: tries %o', async (version, settings, seenEncoding, expected) => {
  const { runtime, asked } = slowPartner(1, 'nothing');
  const ask = askPeer(runtime, { ...access, settings, seenEncoding }, { ...question, wire: wires[version] });
  await expect(ask).rejects.toMatchObject({ http: 401 });
  expect(asked.map(({ peer }) => peer.authorizationEncoding)).toEqual(expected);
});

test('CRED-13 whatever a partner does, its requests end at the deadline', async () => {
  const { runtime, asked, elapsed } = slowPartner(7_900, 'nothing');
  const withDeadline = { ...access, deadline: 22_000 };
  for (let request = 0; request < 4; request += 1) {
    await askPeer(runtime, withDeadline, { ...question, wire: wires['2.2.1'] }).catch(() => undefined);
  }
  expect(elapsed()).toBeLessThanOrEqual(22_010);
  expect(asked.at(-1)?.timeoutMs).toBe(1);
});

test('a silent partner costs one hop: nothing is tried twice but a 401', async () => {
  const { runtime, asked } = slowPartner(60_000, 'nothing');
  const ask = askPeer(runtime, access, { ...question, wire: wires['2.2.1'] });
  await expect(ask).rejects.toMatchObject({ kind: 'unreachable' });
  expect(asked).toHaveLength(1);
});
