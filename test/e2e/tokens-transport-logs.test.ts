/** What is logged of the requests of partners, and what they and the log are told when a storage fails. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../lib/crud/crud.ts';
import { memoryStorage } from '../../lib/crud/memory.ts';
import { versionNumbers } from '../../lib/ocpi/versions.ts';
import { backendOn } from '../../lib/runtime/backend.ts';
import { ownToken } from '../support/builders.ts';
import { base64, type Platform, startPlatform, us } from '../support/http.ts';
import { cpoToken, emspToken } from '../support/runtime.ts';
import { answersOf, askOf, endpointsOf, put } from '../support/transport.ts';

describe('logs', () => {
  let failing: keyof Backend | undefined;
  const failOnDemand = <Crud extends object>(module: keyof Backend, crud: Crud): Crud =>
    new Proxy(crud, {
      get: (target, name) =>
        failing === module
          ? () => Promise.reject(new Error('the table is gone'))
          : (target as Record<string | symbol, unknown>)[name],
    });
  let logging: Platform;

  beforeEach(async () => {
    failing = undefined;
    logging = await startPlatform({
      openBackend(ambient) {
        const { tokens, credentials, records } = backendOn(memoryStorage(ambient), ambient);
        return {
          tokens: failOnDemand('tokens', tokens),
          credentials: failOnDemand('credentials', credentials),
          records,
        };
      },
    });
    await logging.addTokens(ownToken(us, { uid: 'OWN', contract_id: 'OWN-CONTRACT' }));
    return () => logging.stop();
  });

  const from: ReturnType<typeof askOf> = (...request) => askOf(logging)(...request);

  test.each(versionNumbers)(
    '%s have one line a request, and no uid, contract or credentials token',
    async (version) => {
      const sent = answersOf(version);
      for (const [, , , request] of sent) await from(version, request, { 'x-correlation-id': 'the-correlation' });
      const lines = logging.logged.map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines).toHaveLength(sent.length);
      for (const line of lines) expect(line).toMatchObject({ level: 'info', correlationId: 'the-correlation' });

      const secrets = [
        'OWN',
        '0A1B2C3D4E5F60',
        'C00000001',
        'DF000',
        emspToken,
        cpoToken,
        base64(emspToken),
        base64(cpoToken),
      ];
      const text = logging.logged.join('');
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    },
  );

  const failures = versionNumbers.flatMap((version) =>
    (['tokens', 'credentials'] as const).flatMap((module) =>
      endpointsOf(version).map(([name, sent]) => [version, name, module, sent] as const),
    ),
  );
  test.each(failures)(
    '%s %s when the storage of %s fails is HTTP 200 with 3000, and one error line (TRN-45, HDR-05)',
    async (version, _name, module, sent) => {
      // So that there is something to get.
      await from(version, put(version));
      logging.logged.length = 0;
      failing = module;
      const ids = { 'x-request-id': 'the-request', 'x-correlation-id': 'the-correlation' };
      const answer = await from(version, sent, ids);
      expect(answer).toMatchObject({ http: 200, headers: ids, envelope: { status_code: 3000 } });
      expect(JSON.stringify(answer.envelope)).not.toContain('gone');
      expect(answer.envelope).not.toHaveProperty('data');
      expect(logging.logged).toHaveLength(1);
      const [line = ''] = logging.logged;
      expect(JSON.parse(line)).toMatchObject({
        level: 'error',
        requestId: 'the-request',
        correlationId: 'the-correlation',
      });
      expect(line).toContain('the table is gone');
      expect(line).not.toContain('0A1B2C3D4E5F60');
    },
  );
});
