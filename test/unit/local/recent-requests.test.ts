/** What a local server remembers of its partners' requests. */
import { expect, test } from 'vitest';
import { mostRemembered, recentRequests } from '../../../lib/local/recent-requests.ts';
import { createLog } from '../../../lib/telemetry/log.ts';

const now = () => new Date('2026-01-31T12:00:00Z');
const remembering = () => recentRequests(createLog('silent', now), now);
const about = {
  route: 'GET /ocpi/emsp/{version}/tokens',
  peer: 'fr-dcp',
  version: '2.2.1',
  http: 200,
  status_code: 1000,
  ms: 3,
};

test('remembers a request whatever the level of the log, and a failed one too', () => {
  const { log, recent } = remembering();
  log.info('request', about);
  log.error('request failed', { ...about, http: 500, error: new Error('of the storage') });
  const at = now().toISOString();
  expect(recent()).toEqual([
    { at, ...about, http: 500 },
    { at, ...about },
  ]);
});

test('hands everything on to the log', () => {
  const lines: string[] = [];
  const { log } = recentRequests(
    createLog('info', now, (line) => lines.push(line)),
    now,
  );
  log.info('request', about);
  log.warn('another');
  log.error('request failed', about);
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(['request', 'another', 'request failed']);
});

test('remembers nothing else: no other line, no request of the owner, no field that it does not know', () => {
  const { log, recent } = remembering();
  log.info('changed', about);
  log.info('request', { ...about, route: 'GET /operator/tokens/get' });
  log.info('request', { ...about, uid: '04E1F2A3B4C5D6' });
  expect(recent()).toEqual([{ at: now().toISOString(), ...about }]);
});

test('forgets the oldest', () => {
  const { log, recent } = remembering();
  for (let i = 0; i < mostRemembered + 5; i++) log.info('request', { ...about, ms: i });
  expect(recent()).toHaveLength(mostRemembered);
  expect(recent()[0]?.ms).toBe(mostRemembered + 4);
});
