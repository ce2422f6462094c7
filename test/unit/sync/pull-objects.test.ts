/** Pull (docs/requirements.md: Lists; Sender): what becomes of each object of a list, and whose it is. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { putToken } from '../../../lib/tokens/received/put.ts';
import { wires } from '../../../lib/wire/registry.ts';
import { addressOf, cpoCall, foreignParty, token } from '../../support/builders.ts';
import { type OddSender, startOddSender } from '../../support/odd-sender.ts';
import { listed, object, type Puller, startPuller, uidsIn } from '../../support/pulling.ts';

let sender: OddSender;
beforeEach(async () => {
  sender = await startOddSender();
  sender.pageSize = 100;
});
afterEach(() => sender.stop());

const party = (country_code: string, party_id: string) => ({ country_code, party_id });
const push = (puller: Puller, data: ReturnType<typeof token>) =>
  putToken({ backend: puller.backend, now: puller.runtime.now }, wires['2.2.1'], cpoCall(addressOf(data)), data);

describe('an object', () => {
  test('that is bad, foreign, late or there twice keeps no other from being taken, and each is counted', async () => {
    const puller = await startPuller({ endpoint: sender.endpoint });
    await push(puller, token({ uid: 'PUSHED', last_updated: '2026-02-02T00:00:00.000Z' }));
    puller.advance(60_000);
    sender.objects = [
      null,
      { uid: 'SECRET1' },
      { ...(object('2.2.1', { uid: 'SECRET2' }) as object), valid: 'SECRET-VALUE' },
      object('2.2.1', { uid: 'SECRET3', country_code: 'FR', party_id: 'XXX' }),
      object('2.2.1', { uid: 'PUSHED' }),
      object('2.2.1', { uid: 'TWICE' }),
      object('2.2.1', { uid: 'twice', valid: false, last_updated: '2026-02-01T00:00:00.000Z' }),
      ...listed('2.2.1', 2),
    ];
    await puller.run();
    expect(puller.state.full).toMatchObject({
      read: 9,
      counts: { created: 3, updated: 0, unchanged: 0, late: 1, duplicate: 1, foreign: 1, invalid: 3 },
    });
    expect(uidsIn(await puller.copy())).toEqual(['CARD0000', 'CARD0001', 'PUSHED', 'twice']);
    expect(puller.state.problems.map(({ why }) => why)).toEqual([
      'Object 3: FR XXX is no party of this connection',
      'Object 2: valid should be true or false',
      'Object 1: country_code should be a string of 1 to 2 printable ASCII characters',
      'Object 0: the Token should be an object',
    ]);
    expect(puller.logged.join('') + JSON.stringify(puller.state)).not.toMatch(/SECRET|CARD|TWICE|our-token/i);
  });

  test('of many bad ones leaves the last twenty problems', async () => {
    const puller = await startPuller({ endpoint: sender.endpoint });
    sender.objects = Array.from({ length: 150 }, () => 'no Token');
    await puller.run();
    expect(puller.state.full?.counts.invalid).toBe(150);
    expect(puller.state.problems).toHaveLength(20);
    expect(puller.state.problems[0]?.why).toContain('Object 149:');
  });

  test('never undoes a push that came while its page was under way, unless it is really newer', async () => {
    const puller = await startPuller({ endpoint: sender.endpoint });
    const at = (seconds: string) => `2026-02-01T12:00:${seconds}Z`;
    sender.objects = [
      object('2.2.1', { uid: 'OLDER', last_updated: at('01.000') }),
      object('2.2.1', { uid: 'SAME', last_updated: at('05.900') }),
      object('2.2.1', { uid: 'NEWER', last_updated: at('06.000') }),
    ];
    sender.instead = [
      async () => {
        for (const uid of ['OLDER', 'SAME', 'NEWER'])
          await push(puller, token({ uid, valid: false, last_updated: at('05.000') }));
        return undefined;
      },
    ];
    await puller.run();
    expect(puller.state.full?.counts).toMatchObject({ late: 2, updated: 1, created: 0 });
    const valid = (await puller.copy()).map(({ data }) => [data.uid, data.valid]);
    expect(valid).toEqual([
      ['NEWER', true],
      ['OLDER', false],
      ['SAME', false],
    ]);
  });

  test('that came before the page was asked for is replaced by the same date in another state', async () => {
    const puller = await startPuller({ endpoint: sender.endpoint });
    await push(puller, token({ uid: 'CARD0000', valid: false }));
    puller.advance(1_000);
    sender.objects = listed('2.2.1', 1);
    await puller.run();
    expect(puller.state.full?.counts.updated).toBe(1);
  });
});

describe('the owner of a Token', () => {
  test('of 2.1.1 is the party of the connection (TOK-LIST-07)', async () => {
    sender.objects = listed('2.1.1', 2);
    const puller = await startPuller({ endpoint: sender.endpoint, version: '2.1.1' });
    await puller.run();
    expect((await puller.copy()).map(({ data }) => data.party_id)).toEqual(['DMS', 'DMS']);
    expect(sender.seen[0]?.headers).not.toHaveProperty('ocpi-to-party-id');
  });

  const hubRole = { ...party('FR', '107'), role: 'HUB' } as const;

  test('of a hub of 2.1.1 is by its issuer, and nobody without a mapping (TOK-LIST-07)', async () => {
    sender.objects = [
      object('2.1.1', { uid: 'A', issuer: ' fr*AAA ' }),
      object('2.1.1', { uid: 'B', issuer: 'FR*BBB' }),
      object('2.1.1', { uid: 'C', issuer: 'FR*CCC' }),
    ];
    const ownersByIssuer = [
      { issuer: 'FR*AAA', ...party('FR', 'AAA') },
      { issuer: 'FR*BBB', ...party('FR', 'BBB') },
    ];
    const settings = { isHub: true, hubParties: [party('FR', 'AAA')], ownersByIssuer };
    const puller = await startPuller({ endpoint: sender.endpoint, version: '2.1.1', roles: [hubRole], settings });
    await puller.run();
    expect(uidsIn(await puller.copy(party('FR', 'AAA')))).toEqual(['A']);
    expect(await puller.copy(party('FR', 'BBB'), party('FR', 'CCC'), party('FR', '107'))).toEqual([]);
    expect(puller.state.full?.counts).toMatchObject({ created: 1, foreign: 2 });
    expect(puller.state.problems.map(({ why }) => why)).toEqual([
      'Object 2: no owner is set for the issuer "FR*CCC"',
      'Object 1: FR BBB is no party of this connection',
    ]);
  });

  test.each(['2.2.1', '2.3.0'] as const)(
    'of a hub of %s is named by it, which is asked itself (RTE-11)',
    async (version) => {
      sender.objects = [
        object(version, { uid: 'A', ...party('FR', 'AAA') }),
        object(version, { uid: 'B', ...party('FR', 'BBB') }),
      ];
      const settings = { isHub: true, hubParties: [party('FR', 'AAA')] };
      const puller = await startPuller({ endpoint: sender.endpoint, version, roles: [hubRole], settings });
      await puller.run();
      expect(puller.state.full?.counts).toMatchObject({ created: 1, foreign: 1 });
      expect(sender.seen.map(({ headers }) => headers['ocpi-to-party-id'])).toEqual(['107']);
      expect(sender.seen[0]?.headers).toMatchObject({ 'ocpi-from-country-code': 'NL', 'ocpi-from-party-id': 'LCP' });
    },
  );

  test.each(['2.2.1', '2.3.0'] as const)(
    'of a hub of %s that has no role of its own is named by it too',
    async (version) => {
      sender.objects = [object(version, { uid: 'A', ...party('FR', 'AAA') })];
      const settings = { isHub: true, hubParties: [party('FR', 'AAA')] };
      const puller = await startPuller({ endpoint: sender.endpoint, version, roles: [], settings });
      await puller.run();
      expect(uidsIn(await puller.copy(party('FR', 'AAA')))).toEqual(['A']);
    },
  );
});

/** A server that lists the Tokens of the party that OCPI-to names. */
function listOfAddressee(all: readonly unknown[]): void {
  sender.instead = Array.from({ length: 20 }, () => ({ headers }) => ({
    body: all.filter((each) => (each as { party_id?: string }).party_id === headers['ocpi-to-party-id']),
  }));
}

describe('party by party', () => {
  const [first, second] = [party('DE', 'AAA'), party('DE', 'BBB')];
  const objects = [object('2.2.1', { uid: 'A', ...first }), object('2.2.1', { uid: 'B', ...second })];
  const roles = [
    { ...first, role: 'EMSP' as const },
    { ...second, role: 'EMSP' as const },
    { ...party('DE', 'CCC'), role: 'CPO' as const },
  ];
  const asked = () => sender.seen.map(({ headers }) => headers['ocpi-to-party-id']);

  test('a platform of several eMSPs is asked, because OCPI-to says whose list is meant (TOK-LIST-06)', async () => {
    listOfAddressee(objects);
    const puller = await startPuller({ endpoint: sender.endpoint, roles });
    await puller.run();
    expect(asked()).toEqual(['AAA', 'BBB']);
    expect(uidsIn(await puller.copy(first, second))).toEqual(['A', 'B']);
  });

  test('it is asked once if its first list has the Tokens of all', async () => {
    sender.objects = objects;
    const puller = await startPuller({ endpoint: sender.endpoint, roles });
    await puller.run();
    expect(asked()).toEqual(['AAA']);
    expect(uidsIn(await puller.copy(first, second))).toEqual(['A', 'B']);
  });

  test('a hub is asked for the parties of its settings, and for the next when one goes no further', async () => {
    sender.objects = [object('2.2.1', { uid: 'B', ...second })];
    sender.instead = [
      () => ({
        body: [object('2.2.1', { uid: 'A', ...first })],
        headers: { Link: '<https://evil.example/>; rel=next' },
      }),
    ];
    const settings = { isHub: true, hubParties: [first, second], pullParties: [first, second] };
    const roles = [{ ...party('FR', '107'), role: 'HUB' as const }];
    const puller = await startPuller({ endpoint: sender.endpoint, roles, settings });
    await puller.run();
    expect(asked()).toEqual(['AAA', 'BBB']);
    expect(uidsIn(await puller.copy(first, second))).toEqual(['A', 'B']);
    expect(puller.state.stopped?.full).toMatchObject({ why: 'the Link leads elsewhere', read: 2 });
    expect(puller.state.from).toBeUndefined();
  });

  test('a hub of 2.1.1 is sent OCPI-to for them, and nothing else of the routing', async () => {
    const settings = { isHub: true, pullParties: [foreignParty] };
    const roles = [{ ...party('FR', '107'), role: 'HUB' as const }];
    const puller = await startPuller({ endpoint: sender.endpoint, version: '2.1.1', roles, settings });
    await puller.run();
    expect(sender.seen[0]?.headers).toMatchObject({ 'ocpi-to-country-code': 'DE', 'ocpi-to-party-id': 'DMS' });
    expect(sender.seen[0]?.headers).not.toHaveProperty('ocpi-from-party-id');
  });
});
