/** What the doctor makes of a receiver that has no good answer for a Token that is not there. */
import { expect, test } from 'vitest';
import { PeerError } from '../../../lib/client/peer-error.ts';
import type { Line } from '../../../lib/operator/doctor/line.ts';
import { push } from '../../../lib/operator/doctor/peer-modules.ts';
import { pushState, syncedPeer } from '../../support/lanes.ts';
import { testRuntime } from '../../support/runtime.ts';

const takenAt = '2026-03-01T11:00:00.000Z';
const failing = { since: takenAt, nextAt: takenAt, times: 1, why: 'down' };
const bare = new PeerError('refused', 'no OCPI in it', { http: 404 });
const crash = new PeerError('unreachable', 'no JSON in it', { http: 500 });
const overloaded = new PeerError('unreachable', 'come again', { http: 503 });
const inOcpi = new PeerError('refused', 'unknown', { http: 404, status_code: 2004 });
const forbidden = new PeerError('refused', 'not you', { http: 403 });
const down = new PeerError('unreachable', 'is down');

const taking = { ...pushState(takenAt), succeededAt: takenAt };
const stopped = { ...taking, failing };

/** @returns the status of what is found, or of the failure that is thrown */
async function probe(error: PeerError, state: object | undefined): Promise<string> {
  const runtime = await testRuntime();
  const peer = syncedPeer('acme');
  if (state) await runtime.backend.records.create({ collection: 'sync', id: 'acme/push', data: { ...state } });
  const line = {
    peer,
    connection: peer.connection,
    token: 'secret',
    version: '2.2.1',
    ask: () => Promise.reject(error),
  } as unknown as Line;
  return push(line, runtime).then(
    ({ status, message }) => `${status}: ${message}`,
    (thrown: Error) => `thrown: ${thrown.message}`,
  );
}

test.each([
  ['404 without OCPI', bare],
  ['500', crash],
])('%s is no alarm where they take our Tokens', async (_what, error) => {
  expect(await probe(error, taking)).toBe(
    `ok: they took the last at ${takenAt}; asked for one that they do not have, ${error.message}`,
  );
});

test.each([
  ['404 without OCPI, nothing taken yet', bare, undefined, /^warn: .*nothing is at their endpoint/],
  ['404 without OCPI, and pushing fails', bare, stopped, /^warn: /],
  ['500, nothing taken yet', crash, pushState(takenAt), /^thrown: no JSON/],
  ['500, and pushing fails', crash, stopped, /^thrown: no JSON/],
  ['503', overloaded, taking, /^thrown: come again/],
  ['403', forbidden, taking, /^thrown: not you/],
  ['no answer', down, taking, /^thrown: is down/],
  ['unknown in OCPI', inOcpi, undefined, /^ok: their receiver answers/],
])('%s', async (_what, error, state, expected) => {
  expect(await probe(error, state)).toMatch(expected);
});
