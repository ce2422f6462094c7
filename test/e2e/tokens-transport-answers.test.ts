/** Every kind of answer of the five Tokens endpoints (docs/requirements.md: The envelope; Ids of messages). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { versionNumbers } from '../../lib/ocpi/versions.ts';
import { tokenBody } from '../support/http.ts';
import { answersOf, askOf, type Endpoint, endpointsOf, put, startTransport } from '../support/transport.ts';

const platform = await startTransport();
afterAll(() => platform.stop());
const ask = askOf(platform);

describe.each(versionNumbers)('%s', (version) => {
  const endpoints = endpointsOf(version);
  const answers = answersOf(version);
  const [, get] = endpoints[2] as [string, Endpoint];
  beforeAll(async () => {
    await ask(version, put(version));
  });

  describe('every answer', () => {
    test.each(answers)(
      'to %s has the envelope (TRN-12, TRN-44, ENV-01, ENV-05)',
      async (_name, http, status_code, sent) => {
        const answer = await ask(version, sent);
        const { timestamp, status_message, data: _, ...rest } = answer.envelope;
        expect(answer.http).toBe(http);
        expect(rest).toEqual({ status_code });
        expect(status_message).toMatch(/\w/);
        expect(Math.abs(Date.now() - Date.parse(timestamp))).toBeLessThan(10_000);
        expect(timestamp).toMatch(version === '2.1.1' ? /T\d\d:\d\d:\d\dZ$/ : /T\d\d:\d\d:\d\d(\.\d{3})?Z$/);
      },
    );

    test.each(answers)(
      'to %s has data only where it is defined (ENV-02, ENV-03, ENV-04)',
      async (name, _http, _code, sent) => {
        const { envelope } = await ask(version, sent);
        expect('data' in envelope).toBe(['GET', 'list', 'authorize'].includes(name));
      },
    );

    test.each(answers)('to %s is JSON (TRN-22)', async (_name, _http, _code, sent) => {
      const { headers } = await ask(version, sent);
      expect(headers['content-type']).toMatch(/^application\/json\b/);
    });

    test.each(answers)('to %s repeats the ids (HDR-01, HDR-02, HDR-05, HDR-06)', async (_name, http, _code, sent) => {
      const ids = { 'x-request-id': `Req ${crypto.randomUUID()}`, 'x-correlation-id': `Cor ${crypto.randomUUID()}` };
      expect(await ask(version, sent, ids)).toMatchObject({ http, headers: ids });
    });

    test.each(answers)(
      'to %s has ids of ours if it came without (HDR-03, HDR-06)',
      async (_name, http, _code, sent) => {
        const answer = await ask(version, sent);
        const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
        expect(answer.http).toBe(http);
        expect(answer.headers['x-request-id']).toMatch(uuid);
        expect(answer.headers['x-correlation-id']).toMatch(uuid);
        expect((await ask(version, sent)).headers['x-request-id']).not.toBe(answer.headers['x-request-id']);
      },
    );

    test('names its members in lower-case snake_case (TRN-23)', async () => {
      const names: string[] = [];
      const collect = (key: string, value: unknown) => {
        if (key && !/^\d+$/.test(key)) names.push(key);
        return value;
      };
      for (const [, , , sent] of answers) JSON.parse(JSON.stringify((await ask(version, sent)).envelope), collect);
      expect(names).toContain('visual_number');
      expect(names.filter((name) => !/^[a-z]+(_[a-z]+)*$/.test(name))).toEqual([]);
    });
  });

  test('a client that never changes its X-Request-ID gets its answers all the same (HDR-01)', async () => {
    const ids = { 'x-request-id': '0', 'x-correlation-id': '0' };
    for (const last_updated of ['2026-01-31T12:00:00Z', '2026-01-31T12:00:01Z']) {
      const path = `${get.path}-${version}`;
      await ask(
        version,
        { ...put(version), path, body: tokenBody(version, { uid: path.split('/').at(-1), last_updated }) },
        ids,
      );
      expect((await ask(version, { ...get, path }, ids)).envelope.data).toMatchObject({ last_updated });
    }
  });
});
