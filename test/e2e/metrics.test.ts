/** What functions measure, called as Lambda calls them: the lines that CloudWatch makes metrics of. */
import type { Context, SQSEvent } from 'aws-lambda';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { endpoint as fallback } from '../../functions/fallback.ts';
import { endpoint as mayCharge } from '../../functions/operator/may-charge.ts';
import { endpoint as syncPeer } from '../../functions/sync/sync-peer.ts';
import { endpoint as wakeSync } from '../../functions/sync/wake-sync.ts';
import { endpoint as getToken } from '../../functions/tokens/get-token.ts';
import { endpoint as putToken } from '../../functions/tokens/put-token.ts';
import { peersCall } from '../../lib/crud/calls.ts';
import type { Backend } from '../../lib/crud/crud.ts';
import type { Endpoint } from '../../lib/http/chain.ts';
import { accessOf } from '../../lib/peers/access.ts';
import { mostMeasured } from '../../lib/peers/measured.ts';
import { createPeer } from '../../lib/peers/store.ts';
import { bareRuntime, type Runtime } from '../../lib/runtime/runtime.ts';
import { statesCollection } from '../../lib/sync/state.ts';
import { works } from '../../lib/sync/works.ts';
import { saidByFunctions } from '../packaging/observed.ts';
import { accessToken, peer, peerCreation, receivedCreation, token } from '../support/builders.ts';
import { kindOf, type Measuring, measuring, pointsIn } from '../support/emf.ts';
import { pullState, pushState, syncedPeer } from '../support/lanes.ts';
import { emspToken, event, type TestRequest, testRuntime } from '../support/runtime.ts';
import { syncTestRuntime } from '../support/sync.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Of all tests of this file. */
const measured: Measuring[] = [];
const lastMeasured = () => measured.at(-1) ?? expect.unreachable();
function functionNamed(name: string): Measuring {
  const one = measuring(name);
  measured.push(one);
  return one;
}

const withTime = (ms: number) => ({ getRemainingTimeInMillis: () => ms }) as Context;
const plenty = withTime(9_000);
const without = { routeKey: '$default' };

describe('of a deployed function', () => {
  /** As the bundle starts it, with the environment of the template. */
  async function written(environment: Record<string, string>): Promise<string> {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const lines: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
    await fallback(bareRuntime())(event(without), plenty);
    vi.restoreAllMocks();
    return lines.join('');
  }

  test('a request is one of the deployment and one of its endpoint, and is counted at any log level', async () => {
    const deployed = { AWS_LAMBDA_FUNCTION_NAME: 'ocpi-tokens-prod-fallback', SERVICE_NAME: 'ocpi-tokens-prod' };
    const text = await written({ ...deployed, LOG_LEVEL: 'silent' });
    const common = { namespace: 'OcpiTokens', unit: 'Count', value: 1 };
    const dimensions = [{ service: 'ocpi-tokens-prod' }, { service: 'ocpi-tokens-prod', endpoint: 'fallback' }];
    expect(pointsIn(text)).toEqual(
      dimensions.flatMap((each) => [
        { ...common, name: 'Requests', dimensions: each },
        { ...common, name: 'Refusals', dimensions: each },
      ]),
    );
    const [{ _aws } = { _aws: { Timestamp: 0 } }] = text
      .split('\n')
      .slice(0, 1)
      .map((line) => JSON.parse(line));
    expect(Math.abs(Date.now() - _aws.Timestamp)).toBeLessThan(60_000);
  });

  test('nothing is said locally, where nobody makes metrics of it', async () => {
    expect(await written({ LOG_LEVEL: 'info' })).not.toContain('_aws');
  });
});

describe('requests', () => {
  const path = 'DE/DMS/A';
  const body = token({ country_code: 'DE', party_id: 'DMS', uid: 'A' });

  async function called(endpoint: Endpoint<Runtime>, name: string, request: TestRequest, given: Partial<Runtime> = {}) {
    const runtime = { ...(await testRuntime()), ...given };
    const one = functionNamed(name);
    await endpoint({ ...runtime, log: { ...runtime.log, metrics: one.metrics } })(event(request), plenty);
    return one;
  }

  test('with success are nothing else', async () => {
    const one = await called(putToken, 'put-token', { path, token: emspToken, body });
    expect(one.by('endpoint')).toEqual(['Requests put-token 1']);
    expect(one.by('peer')).toEqual(['Requests (other) 1']);
  });

  test('that are refused are refusals', async () => {
    const one = await called(putToken, 'put-token', { path, token: emspToken, body: {} });
    expect(one.by('endpoint')).toEqual(['Requests put-token 1', 'Refusals put-token 1']);
    expect(one.by('peer')).toEqual(['Requests (other) 1', 'Refusals (other) 1']);
  });

  test('of nobody whom we know are of no peer', async () => {
    const one = await called(getToken, 'get-token', { path, token: 'nobody' });
    expect(one.by('endpoint')).toEqual(['Requests get-token 1', 'Refusals get-token 1']);
    expect(one.by('peer')).toEqual([]);
  });

  test('that we fail at are failures', async () => {
    const { backend } = await testRuntime();
    const gone = { ...backend, tokens: { ...backend.tokens, get: () => Promise.reject(new Error('no table')) } };
    const one = await called(getToken, 'get-token', { path, token: emspToken }, { backend: gone });
    expect(one.by('endpoint')).toEqual(['Requests get-token 1', 'Failures get-token 1']);
    expect(one.by('peer')).toEqual(['Requests (other) 1', 'Failures (other) 1']);
  });

  test('of a peer that came early, or is set so, are its own; only so many are', async () => {
    const { backend, config } = await testRuntime();
    const secrets: string[] = [];
    for (let i = 0; i < mostMeasured + 2; i += 1) {
      secrets.push(`secret-${i}`);
      const settings = i === 0 ? { hasOwnMetrics: false } : i === mostMeasured + 1 ? { hasOwnMetrics: true } : {};
      const tokensWeGave = [accessToken(`secret-${i}`)];
      await createPeer({ backend, config }, peer({ id: `peer-${i}`, roles: [], tokensWeGave, settings }));
    }
    const names = [];
    for (const secret of secrets) {
      const one = await called(getToken, 'get-token', { path, token: secret }, { backend });
      names.push(one.by('peer')[0]?.split(' ')[1]);
    }
    // The first has given its place to the one that has taken it.
    const own = Array.from({ length: mostMeasured }, (_, i) => `peer-${i + 1}`);
    expect(names).toEqual(['(other)', ...own, `peer-${mostMeasured + 1}`]);
  });

  test('of the owner are of one endpoint, and cards are answered by a source', async () => {
    const runtime = await syncTestRuntime();
    const { backend } = runtime;
    await backend.tokens.create(receivedCreation(token({ uid: 'A', whitelist: 'ALWAYS' })));
    const one = functionNamed('operator-may-charge');
    const handle = mayCharge({ ...runtime, log: { ...runtime.log, metrics: one.metrics } });
    const requestContext = { authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:user/ada' } } };
    for (const uid of ['A', 'B']) {
      await handle({ ...event({ body: { uid } }), requestContext } as never, plenty);
    }
    expect(one.by('endpoint')).toEqual(['Requests operator 1', 'Requests operator 1']);
    expect(one.by('source')).toEqual(['Answers copy 1', 'Answers none 1']);
  });
});

describe('a call that ends near the end of its time', () => {
  test('is said of a request', async () => {
    const runtime = await testRuntime();
    const one = functionNamed('get-token');
    const handle = getToken({ ...runtime, log: { ...runtime.log, metrics: one.metrics } });
    await handle(event({ path: 'DE/DMS/A', token: emspToken }), withTime(1_900));
    expect(one.by('endpoint')).toContain('NearTimeouts get-token 1');
  });

  test.each([
    [1_900, ['Failures sync-peer 1', 'NearTimeouts sync-peer 1']],
    [2_000, ['Failures sync-peer 1']],
  ])('is said of a message of the queue, with %s ms left', async (ms, expected) => {
    const runtime = await syncTestRuntime();
    const one = functionNamed('sync-peer');
    const event = { Records: [{ messageId: 'm', body: '?' }] } as unknown as SQSEvent;
    await syncPeer({ ...runtime, log: { ...runtime.log, metrics: one.metrics } })(event, withTime(ms));
    expect(one.by('endpoint')).toEqual(expected);
  });
});

describe('push and pull, each minute', () => {
  const minuteMs = 60_000;
  const now = Date.parse('2026-03-01T12:00:00.000Z');
  const ago = (minutes: number) => new Date(now - minutes * minuteMs).toISOString();

  async function withLanes() {
    const runtime = await syncTestRuntime();
    const { backend } = runtime;
    for (const { data } of await backend.credentials.list(peersCall)) {
      await backend.credentials.delete({ ...peersCall, id: data.id });
    }
    const acme = { ...syncedPeer('acme', { settings: { pullEveryMinutes: 30 } }), isAmongFirst: true } as const;
    const late = { ...syncedPeer('late', { takes: true, party_id: 'LAT' }), isAmongFirst: true } as const;
    for (const data of [acme, late, syncedPeer('one', { takes: true, party_id: 'ONE' })]) {
      await backend.credentials.create({ ...peerCreation(data), access: accessOf(data) });
    }
    const keep = async (of: ReturnType<typeof syncedPeer>, direction: 'push' | 'pull', state: object) => {
      const scope = works[direction].scopeOf({ runtime, peer: of });
      await backend.records.create({
        collection: statesCollection,
        id: `${of.id}/${direction}`,
        data: { ...state, scope },
      });
    };
    return { runtime, acme, late, keep };
  }

  async function looked(runtime: Awaited<ReturnType<typeof syncTestRuntime>>, backend: Backend = runtime.backend) {
    const one = functionNamed('wake-sync');
    await wakeSync({ ...runtime, backend, log: { ...runtime.log, metrics: one.metrics } })({}, withTime(40_000));
    return one.by('peer');
  }

  test('are said of each peer that is measured by itself, and of the others as one', async () => {
    const { runtime, acme, late, keep } = await withLanes();
    const failing = { since: ago(45), nextAt: ago(-10), times: 9, why: 'down' };
    await keep(acme, 'push', { ...pushState(ago(5)), refused: ['a', 'b'] });
    const counts = { created: 0, updated: 0, unchanged: 0, late: 0, duplicate: 0, foreign: 1, invalid: 2 };
    await keep(acme, 'pull', { ...pullState(ago(90)), failing, full: { at: ago(90), read: 3, counts } });
    await keep(late, 'push', { ...pushState(ago(5)), failing });
    expect(await looked(runtime)).toEqual([
      'PushLag acme 0',
      'PushRefused acme 2',
      'PullLag acme 1.5',
      'PullFailing acme 1',
      'PullRefused acme 3',
      'PushLag late 3',
      'PushFailing late 1',
      expect.stringMatching(/^PushLag \(other\) \d+/),
    ]);
  });

  test('a token that a peer needs is said before it ends', async () => {
    const { runtime, acme } = await withLanes();
    const invited = { ...accessToken('invitation'), isForRegistration: true, expiresAt: ago(-23 * 60) } as const;
    const data = { ...acme, tokensWeGave: [...acme.tokensWeGave, invited] };
    const { revision = '' } = (await runtime.backend.credentials.get({ ...peersCall, id: 'acme' })) ?? {};
    await runtime.backend.credentials.update({ ...peerCreation(data), id: 'acme', revision });
    expect(await looked(runtime)).toContain('TokensEnding acme 1');
  });

  test('a look that fails is a failure, and says nothing of peers', async () => {
    const { runtime } = await withLanes();
    const { backend } = runtime;
    const gone = { ...backend, records: { ...backend.records, list: () => Promise.reject(new Error('no table')) } };
    await expect(looked(runtime, gone)).rejects.toThrow('no table');
    expect(lastMeasured().points().map(kindOf)).toEqual(['Failures by service', 'Failures by endpoint, service']);
  });
});

test('all that is declared is said by these tests, and nothing else', () => {
  const said = new Set(measured.flatMap((each) => each.points().map(kindOf)));
  expect([...said].sort()).toEqual([...new Set(saidByFunctions())].sort());
});
