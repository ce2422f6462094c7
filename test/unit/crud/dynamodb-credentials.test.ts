/** What only DynamoDB can get wrong: the number of actions in a transaction, requests, and what its errors carry. */
import { randomUUID } from 'node:crypto';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { peersCall } from '../../../lib/crud/calls.ts';
import type { CredentialsCrud, CrudError } from '../../../lib/crud/crud.ts';
import { dynamodbCredentials } from '../../../lib/crud/dynamodb/credentials.ts';
import { mostClaims } from '../../../lib/peers/claims.ts';
import type { Peer, PeerParty } from '../../../lib/peers/peer.ts';
import { createPeer, type Peers, readPeer, updatePeer } from '../../../lib/peers/store.ts';
import { mostTokens } from '../../../lib/peers/tokens.ts';
import { startDatabase, type TestDatabase } from '../../support/dynamodb.ts';
import { answerLost, sentTwice, throttled, transactionConflict, type Watched, watch } from '../../support/faults.ts';

const database = await startDatabase();
afterAll(async () => {
  if (!('reason' in database)) await database.stop();
});

let watched: Watched;
let peers: Peers;
let credentials: CredentialsCrud;

const hash = (name: string) => `sha256-of-${name}`;
const parties = (count: number, country_code: string): PeerParty[] =>
  Array.from({ length: count }, (_, i) => ({ role: 'EMSP', country_code, party_id: String(i).padStart(3, '0') }));
const peer = (id: string, roles: PeerParty[], ...tokens: string[]): Peer => ({
  id,
  roles,
  tokensWeGave: tokens.map((token) => ({ sha256: hash(token) })),
});

describe.skipIf('reason' in database)('peers on DynamoDB', () => {
  beforeEach(async () => {
    const opened = database as TestDatabase;
    watched = watch(opened.db);
    credentials = dynamodbCredentials({ db: watched.db, table: (await opened.newTables()).peers, newId: randomUUID });
    peers = { backend: { credentials }, config: { parties: [] } };
  });

  /** How many actions the next transaction has. */
  function countActions(): { actions: number } {
    const counted = { actions: 0 };
    watched.plan.push(undefined, async (command, send) => {
      counted.actions = command instanceof TransactWriteCommand ? (command.input.TransactItems?.length ?? 0) : 0;
      return send(command);
    });
    return counted;
  }

  test('the largest change, of all tokens and all claims, is one transaction', async () => {
    const names = (prefix: string) => Array.from({ length: mostTokens }, (_, i) => `${prefix}${i}`);
    await createPeer(peers, peer('a', parties(mostClaims, 'DE'), ...names('old')));
    const known = await readPeer(peers, 'a');
    const counted = countActions();
    await updatePeer(peers, known, peer('a', parties(mostClaims, 'FR'), ...names('new')));
    expect(counted.actions).toBe(1 + 2 * mostTokens + 2 * mostClaims);
    expect(counted.actions).toBeLessThanOrEqual(100);
    expect(await credentials.authenticate({ ...peersCall, sha256: [hash('old0')] })).toBeUndefined();
    expect((await credentials.authenticate({ ...peersCall, sha256: [hash('new4')] }))?.access.id).toBe('a');
    await createPeer(peers, peer('b', parties(mostClaims, 'DE')));
    await credentials.delete({ ...peersCall, id: 'a' });
    await createPeer(peers, peer('c', parties(mostClaims, 'FR')));
  });

  test('claims that stay are not written again', async () => {
    await createPeer(peers, peer('a', parties(mostClaims, 'DE'), 'one'));
    const known = await readPeer(peers, 'a');
    const counted = countActions();
    await updatePeer(peers, known, peer('a', parties(mostClaims, 'DE'), 'one'));
    expect(counted.actions).toBe(2);
  });

  test('authenticating is one request, of an item that holds no more than the access', async () => {
    const [party] = parties(1, 'DE');
    const connection = { endpoints: [{ identifier: 'tokens', url: 'https://a.example' }] } as Peer['connection'];
    await createPeer(peers, {
      ...peer('a', [{ ...(party as PeerParty), name: 'A long name' }], 'one'),
      ...(connection && { connection }),
    });
    watched.sent.length = 0;
    const found = await credentials.authenticate({ ...peersCall, sha256: [hash('none'), hash('one')] });
    expect(watched.sent).toHaveLength(1);
    expect(found?.sha256).toBe(hash('one'));
    expect(JSON.stringify(found)).not.toMatch(/long name|https/);
  });

  test('of many creates of peers with one party exactly one succeeds, whatever else they have', async () => {
    const [party] = parties(1, 'DE') as [PeerParty];
    const attempts = Array.from({ length: 20 }, (_, i) =>
      createPeer(peers, peer(`peer${i}`, [party, ...parties(2, `F${i % 10}`)], `token${i}`)),
    );
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const winner = `peer${outcomes.findIndex(({ status }) => status === 'fulfilled')}`;
    expect(await credentials.claimHolders({ ...peersCall, claims: ['EMSP DE 000', 'EMSP XX 000'] })).toEqual([
      winner,
      undefined,
    ]);
    expect(await credentials.list(peersCall)).toHaveLength(1);
  });

  test.each([
    ['another transaction', transactionConflict],
    ['a busy table', throttled],
  ])('%s in the way is a conflict', async (_what, fault) => {
    watched.plan.push(undefined, fault); // behind the look at how many there are
    const creation = createPeer(peers, peer('a', [], 'one'));
    await expect(creation).rejects.toMatchObject({ name: 'CrudError', code: 'conflict' });
    await createPeer(peers, peer('a', [], 'one'));
  });

  test('a write whose answer was lost is recognised when the client sends it again', async () => {
    watched.plan.push(undefined, sentTwice); // behind the look at how many there are
    await createPeer(peers, peer('a', parties(2, 'DE'), 'one'));
    const known = await readPeer(peers, 'a');
    watched.plan.push(undefined, sentTwice);
    await updatePeer(peers, known, peer('a', parties(2, 'FR'), 'two'));
    expect((await readPeer(peers, 'a')).data.roles[0]?.country_code).toBe('FR');
  });

  test('an update whose answer was lost for good has happened as a whole', async () => {
    await createPeer(peers, peer('a', parties(1, 'DE'), 'one'));
    const known = await credentials.get({ ...peersCall, id: 'a' });
    watched.plan.push(undefined, answerLost);
    const update = updatePeer(peers, { revision: known?.revision ?? '' }, peer('a', parties(1, 'FR'), 'two'));
    await expect(update).rejects.toThrow('socket hang up');
    expect(await credentials.claimHolders({ ...peersCall, claims: ['EMSP DE 000', 'EMSP FR 000'] })).toEqual([
      undefined,
      'a',
    ]);
  });

  test('no error of a write shows a hash', async () => {
    await createPeer(peers, peer('a', parties(1, 'DE'), 'one'));
    const refused = [peer('a', [], 'two'), peer('b', [], 'one'), peer('b', parties(1, 'DE'), 'two')];
    for (const data of refused) await expectNoHash(createPeer(peers, data));
    watched.plan.push(undefined, async (command) => {
      const items = (command as TransactWriteCommand).input.TransactItems ?? [];
      throw new TransactionCanceledException({
        message: JSON.stringify(items),
        CancellationReasons: items.map(() => ({ Code: 'ValidationError', Message: JSON.stringify(items) })),
        $metadata: {},
      });
    });
    await expectNoHash(createPeer(peers, peer('c', [], 'three')));
  });

  async function expectNoHash(write: Promise<void>): Promise<void> {
    const error: unknown = await write.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    const { stack, cause, ...rest } = error as Error;
    expect(JSON.stringify({ stack, cause, rest })).not.toContain('sha256-of');
  }

  test('the id and a token of another peer are in use, and a party is claimed', async () => {
    await createPeer(peers, peer('a', parties(1, 'DE'), 'one'));
    const codeOf = async (write: Promise<void>) => (await write.catch((error: unknown) => error as CrudError))?.code;
    const write = (data: Peer, claims: string[] = []) =>
      credentials.create({
        ...peersCall,
        data,
        claims,
        access: { id: data.id, roles: [], isRegistered: false, tokensWeGave: [] },
      });
    expect(await codeOf(write(peer('a', [], 'two')))).toBe('already-exists');
    expect(await codeOf(write(peer('b', [], 'one')))).toBe('already-exists');
    expect(await codeOf(write(peer('b', [], 'two'), ['EMSP DE 000']))).toBe('claimed');
    expect(await credentials.authenticate({ ...peersCall, sha256: [hash('two')] })).toBeUndefined();
  });
});
