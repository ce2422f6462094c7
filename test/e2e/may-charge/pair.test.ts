/** May this card charge: a CPO and an eMSP, both instances of ours, in each version and on each storage. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Storage } from '../../../lib/crud/crud.ts';
import { dynamodbStorage } from '../../../lib/crud/dynamodb/storage.ts';
import { memoryStorage } from '../../../lib/crud/memory.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import { type VersionNumber, versionNumbers } from '../../../lib/ocpi/versions.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import { changePeer } from '../../../lib/peers/store.ts';
import { sqliteStorage } from '../../contract/sqlite-storage.ts';
import { addressOf, cpoCall, ownCreation, ownToken, receivedCreation } from '../../support/builders.ts';
import { startDatabase } from '../../support/dynamodb.ts';
import { type Owner, startOwner } from '../../support/owner.ts';
import { emspParty, type Pair, startPair } from '../handshake/support.ts';

const database = await startDatabase();
afterAll(async () => {
  if (!('reason' in database)) await database.stop();
});

const newId = randomUUID;
const storages: [string, VersionNumber, () => Promise<Storage>][] = [
  ...versionNumbers.map((version): [string, VersionNumber, () => Promise<Storage>] => [
    'memory',
    version,
    async () => memoryStorage({ newId }),
  ]),
  ['SQLite', '2.3.0', async () => sqliteStorage(':memory:', { newId })],
];
if ('reason' in database) describe.skip(`DynamoDB: ${database.reason}`);
else {
  const inDynamodb = async () =>
    dynamodbStorage({ endpoint: undefined, tables: await database.newTables(), newId }, database.db);
  storages.push(['DynamoDB', '2.2.1', inDynamodb]);
}

describe.each(storages)('on %s in %s', (_name, version, open) => {
  let pair: Pair;
  let owner: Owner;

  beforeEach(async () => {
    pair = await startPair(open);
    await pair.connect(version);
    owner = await startOwner(pair.cpo.runtime);
  });
  afterEach(async () => {
    await owner.stop();
    await pair.stop();
  });

  const isOfToday = (whitelist: Token['whitelist'], more: Partial<Token> = {}) =>
    ownToken(emspParty, { uid: 'CARD', whitelist, ...more });
  const weHold = (token: Token) => pair.cpo.runtime.backend.tokens.create(receivedCreation(token));
  const theyHold = (token: Token, settings = {}) =>
    pair.emsp.runtime.backend.tokens.create(ownCreation(token, settings));
  const set = (settings: PeerSettings) =>
    changePeer(pair.cpo.runtime, 'the-emsp', (peer) => ({ ...peer, settings: { ...peer.settings, ...settings } }));
  const ask = async (input: object = {}) => (await owner.post('may-charge', { uid: 'card', ...input })).data;
  const ourCopy = async (token: Token) => (await pair.cpo.runtime.backend.tokens.get(cpoCall(addressOf(token))))?.data;

  test('decides from our copy without a word to the eMSP: ALWAYS, and ALLOWED as it is set (WL-02, WL-03)', async () => {
    await weHold(isOfToday('ALWAYS'));
    await weHold(isOfToday('ALLOWED', { uid: 'B' }));
    await weHold(isOfToday('ALWAYS', { uid: 'C', valid: false }));
    const before = pair.emsp.requests();
    expect(await ask()).toMatchObject({ allowed: true, source: 'copy', token: { uid: 'CARD' }, asked: [] });
    expect(await ask({ uid: 'B' })).toMatchObject({ allowed: true, source: 'copy', peer: 'the-emsp', asked: [] });
    expect(await ask({ uid: 'C' })).toMatchObject({ allowed: false, source: 'copy', asked: [] });
    expect(pair.emsp.requests()).toBe(before);
  });

  test('asks about ALLOWED where the peer is to decide (WL-03)', async () => {
    await set({ decidesAllowed: 'peer' });
    await weHold(isOfToday('ALLOWED'));
    await theyHold(isOfToday('ALLOWED'));
    expect(await ask()).toMatchObject({
      allowed: true,
      source: 'asked',
      asked: [{ peer: 'the-emsp', said: 'ALLOWED' }],
    });
  });

  test.each(['RFID', 'APP_USER'])(
    'asks about NEVER, also of an invalid copy, with the type %s (WL-01, WL-05)',
    async (type) => {
      await weHold(isOfToday('NEVER', { type, valid: false, last_updated: '2026-01-30T00:00:00.000Z' }));
      const theirs = isOfToday('NEVER', { type });
      await theyHold(theirs);
      const answer = await ask({ location: { location_id: 'LOC1', evse_uids: ['E1'], connector_ids: ['1'] } });
      expect(answer).toMatchObject({
        allowed: true,
        source: 'asked',
        location: { location_id: 'LOC1', evse_uids: ['E1'] },
      });
      expect('authorization_reference' in answer).toBe(version !== '2.1.1');
      // One of 2.1.1 names no Token.
      const now =
        version === '2.1.1'
          ? isOfToday('NEVER', { type, valid: false, last_updated: '2026-01-30T00:00:00.000Z' })
          : theirs;
      expect(await ourCopy(theirs)).toMatchObject({ valid: now.valid, type });
    },
  );

  test('obeys the eMSP that has blocked a card, and hands out what it says to the driver', async () => {
    await weHold(isOfToday('ALLOWED_OFFLINE'));
    await theyHold(isOfToday('ALLOWED_OFFLINE', { valid: true }), {
      blocked: true,
      block: { info: [{ language: 'en', text: 'Please call us' }] },
    });
    expect(await ask()).toMatchObject({
      allowed: false,
      source: 'asked',
      info: { language: 'en', text: 'Please call us' },
      asked: [{ said: 'BLOCKED' }],
    });
  });

  test('decides from our copy if the eMSP is gone, but never on NEVER (WL-04, WL-05)', async () => {
    await weHold(isOfToday('ALLOWED_OFFLINE'));
    await weHold(isOfToday('ALLOWED_OFFLINE', { uid: 'B', valid: false }));
    await weHold(isOfToday('NEVER', { uid: 'C' }));
    pair.emsp.cuts.push('before', 'before', 'before');
    expect(await ask()).toMatchObject({ allowed: true, source: 'offline', asked: [{ said: 'unreachable' }] });
    expect(await ask({ uid: 'B' })).toMatchObject({ allowed: false, source: 'offline' });
    expect(await ask({ uid: 'C' })).toMatchObject({ allowed: false, source: 'none' });
  });

  test('asks about a card that nobody has told us only where that is set, and does not take it on', async () => {
    const theirs = isOfToday('ALLOWED');
    await theyHold(theirs);
    expect(await ask()).toMatchObject({ allowed: false, source: 'none', asked: [] });
    await set({ askUnknown: 1 });
    pair.cpo.advance(10_000);
    expect(await ask()).toMatchObject({ allowed: true, source: 'asked', peer: 'the-emsp' });
    expect(await ourCopy(theirs)).toBeUndefined();
    expect(await ask({ uid: 'NOBODYS' })).toMatchObject({
      allowed: false,
      source: 'asked',
      asked: [{ said: 'unknown' }],
    });
  });

  test('says that a location is missing, whether the eMSP says so or its settings (AUTH-09)', async () => {
    await weHold(isOfToday('NEVER'));
    await theyHold(isOfToday('NEVER'), { needsLocation: true });
    const location = { location_id: 'LOC1', evse_uids: ['E1', 'E2'] };
    expect(await ask()).toMatchObject({ allowed: false, source: 'none', asked: [{ said: 'needs-location' }] });
    expect(await ask({ location })).toMatchObject({ allowed: true, source: 'asked' });
    await set({ demandsLocation: 'one-evse' });
    pair.cpo.advance(10_000);
    const before = pair.emsp.requests();
    expect(await ask({ location })).toMatchObject({
      allowed: false,
      source: 'none',
      reason: expect.stringContaining('a location with exactly one EVSE'),
    });
    expect(pair.emsp.requests()).toBe(before);
    expect(await ask({ location: { ...location, evse_uids: ['E2'] } })).toMatchObject({ allowed: true });
  });
});
