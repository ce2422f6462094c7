/** Any sequence of PUT, PATCH and GET over HTTP, against a model in a few lines that knows only the specification. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VersionNumber } from '../../lib/ocpi/versions.ts';
import { describeStorages } from '../support/every-storage.ts';
import { type Answer, optionalBody, type Platform, partner, startPlatform, tokenBody } from '../support/http.ts';
import { emspToken } from '../support/runtime.ts';

type Body = Record<string, unknown>;
interface Step {
  method: 'GET' | 'PUT' | 'PATCH';
  /** Of two uids, in one of two spellings. */
  which: 'a' | 'A' | 'b';
  /** In the query. */
  type?: string | undefined;
  body: Body;
}

const typesOf: Record<VersionNumber, string[]> = {
  '2.1.1': ['RFID', 'OTHER'],
  '2.2.1': ['RFID', 'OTHER', 'APP_USER'],
  '2.3.0': ['RFID', 'OTHER', 'EMAID'],
};
const instants = ['2026-01-31T12:00:00Z', '2026-01-31T12:00:01Z', '2026-01-31T12:00:02Z'];

/** Values of every field that may change, and some that are wrong. */
function fieldsOf(version: VersionNumber): Record<string, fc.Arbitrary<unknown>> {
  const rarely = (wrong: unknown) => ({ weight: 1, arbitrary: fc.constant(wrong) });
  const mostly = (...values: unknown[]) => ({ weight: 60, arbitrary: fc.constantFrom(...values) });
  const optionals = Object.entries(optionalBody(version)).map(([name, value]) => [
    name,
    fc.oneof(mostly(value, null), rarely(5)),
  ]);
  return {
    [version === '2.1.1' ? 'auth_id' : 'contract_id']: fc.oneof(mostly('C1', 'c1'), rarely('')),
    issuer: fc.oneof(mostly('I1', 'I2'), rarely(null)),
    valid: fc.oneof(mostly(true, false), rarely('true')),
    whitelist: fc.oneof(mostly('ALWAYS', 'NEVER'), rarely('never')),
    ...(Object.fromEntries(optionals) as Record<string, fc.Arbitrary<unknown>>),
  };
}

function stepOf(version: VersionNumber): fc.Arbitrary<Step> {
  const type = fc.oneof(fc.constant('RFID'), fc.constantFrom(...typesOf[version]));
  const fields = { ...fieldsOf(version), type, last_updated: fc.constantFrom(...instants) };
  const optionals = Object.keys(optionalBody(version));
  const required = Object.keys(fields).filter((name) => !optionals.includes(name)) as never[];
  const base = {
    which: fc.constantFrom('a' as const, 'A' as const, 'b' as const),
    type: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: type }),
  };
  const put: fc.Arbitrary<Body> = fc.record(fields, { requiredKeys: required });
  const patch: fc.Arbitrary<Body> = fc.record(fields, { requiredKeys: [] });
  return fc.oneof(
    fc.record({ method: fc.constant('PUT' as const), ...base, body: put }),
    fc.record({ method: fc.constant('PATCH' as const), ...base, body: patch }),
    fc.record({ method: fc.constant('GET' as const), ...base, body: fc.constant({}) }),
  );
}

/** What is stored, and what each step should come to. */
function modelOf(version: VersionNumber) {
  /** By folded uid, then by type. */
  const tokens = new Map<string, Map<string, Body>>();
  const optionals = new Set(Object.keys(optionalBody(version)));
  const is21 = version === '2.1.1';
  const notFound = { http: 404, status_code: is21 ? 2000 : 2004 };
  const invalid = { http: 200, status_code: 2001 };

  const isValid = (name: string, value: unknown): boolean => {
    if (value === null) return optionals.has(name);
    return value !== 5 && value !== '' && value !== 'true' && value !== 'never';
  };
  const withoutNulls = (body: Body): Body =>
    Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
  const rfidOrOnly = (types: Map<string, Body>) =>
    types.get('RFID') ?? (types.size === 1 ? types.values().next().value : undefined);

  return function expected({ method, which, type, body }: Step): { http: number; status_code: number; data?: Body } {
    const types = tokens.get(which.toLowerCase()) ?? new Map<string, Body>();
    const isBodyValid = Object.entries(body).every(([name, value]) => isValid(name, value));

    if (method === 'GET') {
      const data = type || !is21 ? types.get(type ?? 'RFID') : rfidOrOnly(types);
      return data ? { http: 200, status_code: 1000, data } : notFound;
    }

    if (!isBodyValid) return invalid;
    const { last_updated } = body as { last_updated?: string };

    if (method === 'PUT') {
      const bodyType = body.type as string;
      if (type && type !== bodyType) return invalid;
      const stored = types.get(bodyType);
      if (stored && (last_updated ?? '') < (stored.last_updated as string)) return invalid;
      tokens.set(which.toLowerCase(), types.set(bodyType, withoutNulls(body)));
      return { http: stored ? 200 : 201, status_code: 1000 };
    }

    if (!is21 && !last_updated) return invalid;
    const wanted = type ?? (body.type as string | undefined);
    const stored = wanted ? types.get(wanted) : rfidOrOnly(types);
    if (!stored) return notFound;
    if (body.type !== undefined && body.type !== stored.type) return invalid;
    if (last_updated && last_updated < (stored.last_updated as string)) return invalid;
    types.set(stored.type as string, withoutNulls({ ...stored, ...body }));
    return { http: 200, status_code: 1000 };
  };
}

/** A process answers each request of what is deployed, so a few sequences must do. */
const runsOn: Record<string, number> = { memory: 60, 'what is deployed': 5 };

await describeStorages((storageName, openStorage, versions) => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform(await openStorage());
  });
  afterAll(async () => {
    expect(platform.logged.join('')).not.toContain('DRIVER');
    await platform.stop();
  });

  test.each(versions)(
    '%s any sequence of PUT, PATCH and GET (COO-03, COO-09, COO-10, COO-12, COO-13, COO-15, COO-17, TOK-OBJ-02)',
    async (version) => {
      const { receiver } = partner(platform.url, version, emspToken);
      let runs = 0;
      const outcomes = new Map<string, number>();

      await fc.assert(
        fc.asyncProperty(fc.array(stepOf(version), { minLength: 4, maxLength: 25 }), async (steps) => {
          runs += 1;
          const model = modelOf(version);
          for (const step of steps) {
            const uid = `DRIVER-${version}-${runs}-${step.which}`;
            const path = `/DE/DMS/${uid}${step.type ? `?type=${step.type}` : ''}`;
            const body = step.method === 'PUT' ? { ...tokenBody(version), ...step.body, uid } : step.body;
            const { http, envelope }: Answer = await receiver(
              step.method,
              path,
              step.method === 'GET' ? undefined : body,
            );

            const {
              http: expectedHttp,
              status_code,
              data,
            } = model({ ...step, body: step.method === 'PUT' ? body : step.body });
            expect({ http, status_code: envelope.status_code }).toEqual({ http: expectedHttp, status_code });
            expect(envelope.data).toEqual(data);
            const outcome = `${step.method} ${http} ${status_code}`;
            outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          }
        }),
        { seed: 20_260_131, numRuns: runsOn[storageName] ?? 40 },
      );

      // A model that never sees a case proves nothing about it.
      const notFound = version === '2.1.1' ? 2000 : 2004;
      const all = [
        'GET 200 1000',
        `GET 404 ${notFound}`,
        'PUT 201 1000',
        'PUT 200 1000',
        'PUT 200 2001',
        'PATCH 200 1000',
        'PATCH 200 2001',
        `PATCH 404 ${notFound}`,
      ];
      const least = (runsOn[storageName] ?? 40) / 4;
      for (const outcome of all) expect(outcomes.get(outcome) ?? 0, outcome).toBeGreaterThanOrEqual(least);
    },
  );
});
