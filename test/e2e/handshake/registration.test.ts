/** Two instances of this project register with each other, renew, upgrade, exchange Tokens and unregister. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { invite } from '../../../lib/credentials/invite.ts';
import { register } from '../../../lib/credentials/register.ts';
import { renew } from '../../../lib/credentials/renew.ts';
import { unregister } from '../../../lib/credentials/unregister.ts';
import { dynamodbStorage } from '../../../lib/crud/dynamodb/storage.ts';
import { versionNumbers } from '../../../lib/ocpi/versions.ts';
import { startDatabase, type TestDatabase } from '../../support/dynamodb.ts';
import type { Instance } from '../../support/instance.ts';
import { type Pair, peerOf, startPair, tokensUrl } from './support.ts';

let cpo: Instance;
let emsp: Instance;
let connect: Pair['connect'];
let exchangeTokens: Pair['exchangeTokens'];
let stop: Pair['stop'];

const database = await startDatabase();
afterAll(async () => {
  if (!('reason' in database)) await database.stop();
});

const onMemory = undefined;
const onDynamodb = async () => {
  const opened = database as TestDatabase;
  return dynamodbStorage({ endpoint: undefined, tables: await opened.newTables(), newId: randomUUID }, opened.db);
};

describe.each([['memory', onMemory] as const, ...('reason' in database ? [] : [['DynamoDB', onDynamodb] as const])])(
  'on %s',
  (_name, open) => {
    beforeEach(async () => {
      ({ cpo, emsp, connect, exchangeTokens, stop } = await startPair(open));
    });
    afterEach(() => stop());

    test.each(versionNumbers)('%s registration, Tokens, rotation, Tokens, unregistering (CRED-10)', async (version) => {
      await connect(version);
      await exchangeTokens();
      const before = await peerOf(emsp, 'the-cpo');
      await renew(emsp.runtime, 'the-cpo');
      expect((await peerOf(emsp, 'the-cpo')).connection?.sealedToken).not.toBe(before.connection?.sealedToken);
      await exchangeTokens();
      await renew(cpo.runtime, 'the-emsp');
      await exchangeTokens();

      const url = await tokensUrl(emsp, 'the-cpo', 'RECEIVER');
      const formerConnection = await peerOf(emsp, 'the-cpo');
      await unregister(emsp.runtime, 'the-cpo', false);
      expect(await peerOf(cpo, 'the-emsp')).toMatchObject({ tokensWeGave: [], roles: [] });
      expect(await peerOf(emsp, 'the-cpo')).toMatchObject({ tokensWeGave: [], roles: [] });
      const secret = await emsp.runtime.vault.unseal(formerConnection.connection?.sealedToken ?? '', 'the-cpo');
      const response = await fetch(`${url}DE/BBB/X`, { headers: { Authorization: `Token ${secret}` } });
      expect(response.status).toBe(401);
    });

    test('upgrade from 2.1.1 to 2.2.1 to 2.3.0, Tokens at every stage (CRED-31)', async () => {
      await connect('2.1.1');
      await exchangeTokens();
      for (const version of ['2.2.1', '2.3.0'] as const) {
        await renew(emsp.runtime, 'the-cpo', version);
        expect((await peerOf(emsp, 'the-cpo')).version).toBe(version);
        expect((await peerOf(cpo, 'the-emsp')).version).toBe(version);
        await exchangeTokens();
      }
    });

    test('registration takes the newest version that both serve (VER-13)', async () => {
      const { token } = await invite(cpo.runtime, 'the-emsp', {});
      const versionsUrl = `${cpo.url}/ocpi/versions`;
      await register(emsp.runtime, { id: 'the-cpo', versionsUrl, tokenA: token, settings: {} });
      expect((await peerOf(emsp, 'the-cpo')).version).toBe('2.3.0');
    });
  },
);
