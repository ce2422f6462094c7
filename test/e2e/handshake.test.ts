/** Two instances of this project register with each other, renew, upgrade, exchange Tokens and unregister; and everything that can go wrong. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../lib/credentials/access-token.ts';
import { invite, register, renew, unregister } from '../../lib/credentials/initiate.ts';
import { dynamodbBackend } from '../../lib/crud/dynamodb/backend.ts';
import type { Role, VersionNumber } from '../../lib/ocpi/versions.ts';
import { versionNumbers } from '../../lib/ocpi/versions.ts';
import type { Peer } from '../../lib/peers/peer.ts';
import { wires } from '../../lib/wire/wire.ts';
import { credentialsCall, emspCall, ownToken, token } from '../support/builders.ts';
import { startDatabase, type TestDatabase } from '../support/dynamodb.ts';
import { type Cut, type Instance, startInstance } from '../support/instance.ts';

const dayMs = 86_400_000;
const cpoParty = { country_code: 'NL', party_id: 'AAA' };
const emspParty = { country_code: 'DE', party_id: 'BBB' };

/** Our CPO, whom the eMSP's platform asks to register. */
let cpo: Instance;
let emsp: Instance;

const versionsUrlOf = (instance: Instance, version: VersionNumber, ourRole: Role) =>
  `${instance.url}/ocpi${wires[version].hasTreePerRole ? `/${ourRole.toLowerCase()}` : ''}/versions`;

const peerOf = async (instance: Instance, id: string): Promise<Peer> => {
  const stored = await instance.runtime.backend.credentials.get(credentialsCall({ id }));
  if (!stored) throw new Error(`There is no peer ${id}`);
  return stored.data;
};

/** The eMSP registers with the CPO. */
async function connect(version: VersionNumber, settings = {}): Promise<void> {
  const { token } = await invite(cpo.runtime, 'the-emsp', settings);
  await register(emsp.runtime, {
    id: 'the-cpo',
    versionsUrl: versionsUrlOf(cpo, version, 'CPO'),
    tokenA: token,
    settings: {},
    version,
  });
}

/** Any OCPI request with the token that one side has of the other. */
async function ask(from: Instance, peerId: string, url: string, init: RequestInit = {}) {
  const { connection, version = '2.3.0' } = await peerOf(from, peerId);
  const secret = await from.runtime.vault.open(connection?.sealedToken ?? '', peerId);
  const value = wires[version].authorizationEncodings[0] === 'raw' ? secret : Buffer.from(secret).toString('base64');
  const response = await fetch(url, { ...init, headers: { Authorization: `Token ${value}`, Connection: 'close' } });
  return { http: response.status, envelope: (await response.json()) as { data?: unknown; status_code: number } };
}

const tokensUrl = async (from: Instance, peerId: string, role: string) => {
  const { connection } = await peerOf(from, peerId);
  return connection?.endpoints.find((each) => each.identifier === 'tokens' && (each.role ?? role) === role)?.url ?? '';
};

let minutes = 0;

/** A Token goes from the eMSP to the CPO, and the CPO pulls the eMSP's list: both directions work in this version. */
async function exchangeTokens(): Promise<void> {
  const { version = '2.3.0' } = await peerOf(emsp, 'the-cpo');
  minutes += 1;
  const last_updated = new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString();
  const pushed = wires[version].encodeToken(token({ ...emspParty, last_updated }));
  const receiver = await tokensUrl(emsp, 'the-cpo', 'RECEIVER');
  const url = `${receiver}${emspParty.country_code}/${emspParty.party_id}/${token().uid}`;
  const put = await ask(emsp, 'the-cpo', url, { method: 'PUT', body: JSON.stringify(pushed) });
  expect(put.envelope.status_code).toBe(1000);
  expect((await ask(emsp, 'the-cpo', url)).envelope.data).toEqual(JSON.parse(JSON.stringify(pushed)));

  const list = await ask(cpo, 'the-emsp', await tokensUrl(cpo, 'the-emsp', 'SENDER'));
  expect(list.envelope).toMatchObject({ status_code: 1000, data: [{ uid: 'CARD1' }] });
}

const database = await startDatabase();
afterAll(async () => {
  if (!('reason' in database)) await database.stop();
});

const onMemory = async () => undefined;
const onDynamodb = async () => {
  const opened = database as TestDatabase;
  const tables = await opened.newTables();
  return (options: Parameters<typeof dynamodbBackend>[0] | object) =>
    dynamodbBackend(
      { endpoint: undefined, tables, ...(options as { emspParties: []; now: () => Date; newId: () => string }) },
      opened.db,
    );
};

async function startBoth(open: typeof onMemory | typeof onDynamodb = onMemory): Promise<void> {
  const backends = [await open(), await open()];
  cpo = await startInstance({ parties: 'CPO NL AAA', ...(backends[0] && { openBackend: backends[0] }) });
  emsp = await startInstance({ parties: 'EMSP DE BBB', ...(backends[1] && { openBackend: backends[1] }) });
  const data = ownToken(emspParty, { uid: 'CARD1' });
  await emsp.runtime.backend.tokens.create(emspCall({ ...emspParty, token_type: 'RFID', data }));
}

const stopBoth = async () => {
  await Promise.all([cpo.stop(), emsp.stop()]);
};

describe.each([['memory', onMemory] as const, ...('reason' in database ? [] : [['DynamoDB', onDynamodb] as const])])(
  'on %s',
  (_name, open) => {
    beforeEach(() => startBoth(open));
    afterEach(stopBoth);

    test.each(versionNumbers)('%s CRED-10 registration, Tokens, rotation, Tokens, unregistering', async (version) => {
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
      const secret = await emsp.runtime.vault.open(formerConnection.connection?.sealedToken ?? '', 'the-cpo');
      const response = await fetch(`${url}DE/BBB/X`, { headers: { Authorization: `Token ${secret}` } });
      expect(response.status).toBe(401);
    });

    test('CRED-31 upgrade from 2.1.1 to 2.2.1 to 2.3.0, Tokens at every stage', async () => {
      await connect('2.1.1');
      await exchangeTokens();
      for (const version of ['2.2.1', '2.3.0'] as const) {
        await renew(emsp.runtime, 'the-cpo', version);
        expect((await peerOf(emsp, 'the-cpo')).version).toBe(version);
        expect((await peerOf(cpo, 'the-emsp')).version).toBe(version);
        await exchangeTokens();
      }
    });

    test('VER-13 registration takes the newest version that both serve', async () => {
      const { token } = await invite(cpo.runtime, 'the-emsp', {});
      const versionsUrl = `${cpo.url}/ocpi/versions`;
      await register(emsp.runtime, { id: 'the-cpo', versionsUrl, tokenA: token, settings: {} });
      expect((await peerOf(emsp, 'the-cpo')).version).toBe('2.3.0');
    });
  },
);

describe('the connection is cut', () => {
  beforeEach(() => startBoth());
  afterEach(stopBoth);

  const steps: [side: 'cpo' | 'emsp', step: number, cut: Cut][] = (['before', 'after'] as const).flatMap((cut) => [
    ['cpo', 0, cut],
    ['cpo', 1, cut],
    ['cpo', 2, cut],
    ['emsp', 0, cut],
    ['emsp', 1, cut],
  ]);
  const sideOf = (side: 'cpo' | 'emsp') => (side === 'cpo' ? cpo : emsp);

  /** Runs until it succeeds, with a new invitation if the partner may have used up the old one. */
  async function untilConnected(version: VersionNumber): Promise<void> {
    await connect(version).catch(() => connect(version));
  }

  test.each(steps)('registration: at %s, request %i, %s it: both usable after another try', async (side, step, cut) => {
    sideOf(side).cuts.push(...Array.from({ length: step }, () => undefined), cut);
    await untilConnected('2.2.1');
    await exchangeTokens();
  });

  test.each(steps)(
    'rotation: at %s, request %i, %s it: both usable at once and after another try',
    async (side, step, cut) => {
      await connect('2.2.1');
      sideOf(side).cuts.push(...Array.from({ length: step }, () => undefined), cut);
      const outcome = await renew(emsp.runtime, 'the-cpo').catch((error: unknown) => error);
      expect(outcome).toBeInstanceOf(Error);
      await exchangeTokens();
      await renew(emsp.runtime, 'the-cpo');
      await exchangeTokens();
    },
  );

  test.each(steps.filter(([side]) => side === 'cpo').slice(0, 1))(
    'unregistering: at %s, request %i, %s it',
    async (side, step, cut) => {
      await connect('2.2.1');
      sideOf(side).cuts.push(...Array.from({ length: step }, () => undefined), cut);
      await expect(unregister(emsp.runtime, 'the-cpo', false)).rejects.toThrow('could not be told');
      await exchangeTokens();
      await unregister(emsp.runtime, 'the-cpo', false);
    },
  );

  test('unregistering whose answer was lost is finished by another try', async () => {
    await connect('2.2.1');
    cpo.cuts.push('after');
    await expect(unregister(emsp.runtime, 'the-cpo', false)).rejects.toThrow('could not be told');
    await unregister(emsp.runtime, 'the-cpo', false);
    expect((await peerOf(emsp, 'the-cpo')).connection).toBeUndefined();
  });
});

describe('safe by design', () => {
  beforeAll(() => startBoth());
  afterAll(stopBoth);

  const call = async (secret: string, method: string, path: string, body?: unknown) => {
    const response = await fetch(`${cpo.url}${path}`, {
      method,
      headers: { Authorization: `Token ${Buffer.from(secret).toString('base64')}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return {
      http: response.status,
      envelope: (await response.json()) as { data?: unknown; status_code: number; status_message?: string },
    };
  };

  test('TRN-11 TOKEN_A works on versions and credentials, and on nothing else', async () => {
    const { token } = await invite(cpo.runtime, 'scope', {});
    expect((await call(token, 'GET', '/ocpi/versions')).http).toBe(200);
    expect((await call(token, 'GET', '/ocpi/2.2.1')).http).toBe(200);
    expect((await call(token, 'GET', '/ocpi/2.2.1/credentials')).envelope.data).toMatchObject({ token });
    for (const uid of ['X', 'versions', 'credentials', 'X?credentials']) {
      expect((await call(token, 'GET', `/ocpi/cpo/2.2.1/tokens/DE/BBB/${uid}`)).http).toBe(401);
    }
    expect((await call(token, 'GET', '/ocpi/emsp/2.2.1/tokens')).http).toBe(401);
  });

  test('CRED-26 TOKEN_A on PUT and DELETE is 405, an unknown token 401', async () => {
    const { token } = await invite(cpo.runtime, 'order', {});
    expect((await call(token, 'PUT', '/ocpi/2.2.1/credentials', {})).http).toBe(405);
    expect((await call(token, 'DELETE', '/ocpi/2.2.1/credentials')).http).toBe(405);
    expect((await call('unknown', 'PUT', '/ocpi/2.2.1/credentials', {})).http).toBe(401);
    expect((await call(token, 'PATCH', '/ocpi/2.2.1/credentials', {})).http).toBe(405);
  });

  test('TOKEN_A expires', async () => {
    const { token } = await invite(cpo.runtime, 'late', {});
    cpo.advance(8 * dayMs);
    expect((await call(token, 'GET', '/ocpi/versions')).http).toBe(401);
    cpo.advance(-8 * dayMs);
    expect((await call(token, 'GET', '/ocpi/versions')).http).toBe(200);
  });

  test('CRED-15 of two concurrent POSTs with one TOKEN_A one registers', async () => {
    const { token } = await invite(cpo.runtime, 'race', {});
    const register = (ofPeer: Instance, id: string) => async () => {
      const data = { id, roles: [], tokensWeGave: [{ sha256: sha256(`${id}-b`) }] };
      await ofPeer.runtime.backend.credentials.create(credentialsCall({ data }));
      return call(token, 'POST', '/ocpi/2.2.1/credentials', {
        token: `${id}-b`,
        url: `${emsp.url}/ocpi/versions`,
        roles: [{ role: 'EMSP', ...emspParty, business_details: { name: 'B' } }],
      });
    };
    const answers = await Promise.all([register(emsp, 'one')(), register(emsp, 'two')()]);
    expect(answers.map(({ http }) => http).toSorted((a, b) => a - b)).toEqual([200, 405]);
    expect((await call(token, 'GET', '/ocpi/versions')).http).toBe(401);
    const { tokensWeGave } = await peerOf(cpo, 'race');
    expect(tokensWeGave).toHaveLength(1);
    await cpo.runtime.backend.credentials.delete(credentialsCall({ id: 'race' }));
  });

  test.each([
    ['3001', 'an API that does not answer', 'http://127.0.0.1:1/versions', 3001],
    ['3001', 'a private address', 'https://10.0.0.1/versions', 3001],
    ['3001', 'the metadata service', 'http://169.254.169.254/latest/meta-data', 3001],
    ['2001', 'no URL at all', 'nonsense', 2001],
  ])('CRED-34 %s for %s, and nothing is left behind', async (_code, _what, url, status_code) => {
    const { token } = await invite(cpo.runtime, 'broken', {});
    const before = await peerOf(cpo, 'broken');
    const roles = [{ role: 'EMSP', ...emspParty, business_details: { name: 'B' } }];
    const answer = await call(token, 'POST', '/ocpi/2.2.1/credentials', { token: 'b', url, roles });
    expect(answer).toMatchObject({ http: 200, envelope: { status_code } });
    expect(await peerOf(cpo, 'broken')).toEqual(before);
  });

  test('TRN-14 a party of ours or of another connection cannot be announced', async () => {
    await connect('2.2.1');
    const { token } = await invite(cpo.runtime, 'thief', {});
    const callback: Peer = { id: 'callback', roles: [], tokensWeGave: [{ sha256: sha256('b') }] };
    await emsp.runtime.backend.credentials.create(credentialsCall({ data: callback }));
    const post = (party: object, role = 'EMSP') =>
      call(token, 'POST', '/ocpi/2.2.1/credentials', {
        token: 'b',
        url: `${emsp.url}/ocpi/versions`,
        roles: [{ role, ...party, business_details: { name: 'B' } }],
      });
    expect((await post(cpoParty, 'CPO')).envelope).toMatchObject({ status_code: 2001 });
    for (const role of ['EMSP', 'OTHER', 'NSP']) {
      const { envelope } = await post({ country_code: 'de', party_id: 'bbb' }, role);
      expect(envelope.status_message).toContain('another connection');
    }
    await unregister(emsp.runtime, 'the-cpo', false);
  });

  test('CRED-30 after PUT the old token works until the new one is used, and not beyond the grace period', async () => {
    await connect('2.2.1');
    const { connection } = await peerOf(emsp, 'the-cpo');
    const old = await emsp.runtime.vault.open(connection?.sealedToken ?? '', 'the-cpo');
    await renew(emsp.runtime, 'the-cpo');
    expect((await call(old, 'GET', '/ocpi/versions')).http).toBe(200);
    await exchangeTokens();
    expect((await call(old, 'GET', '/ocpi/versions')).http).toBe(401);

    const renewed = (await peerOf(emsp, 'the-cpo')).connection;
    const second = await emsp.runtime.vault.open(renewed?.sealedToken ?? '', 'the-cpo');
    await renew(emsp.runtime, 'the-cpo');
    cpo.advance(2 * dayMs);
    expect((await call(second, 'GET', '/ocpi/versions')).http).toBe(401);
    cpo.advance(-2 * dayMs);
    await unregister(emsp.runtime, 'the-cpo', false);
  });

  test('a partner that keeps renewing and never uses what it gets neither fills our storage nor locks itself out', async () => {
    await connect('2.2.1');
    const stored = await emsp.runtime.backend.credentials.get(credentialsCall({ id: 'the-cpo' }));
    for (let i = 0; i < 12; i += 1) {
      await renew(emsp.runtime, 'the-cpo');
      // It never learns of the new token.
      const { data, revision = '' } =
        (await emsp.runtime.backend.credentials.get(credentialsCall({ id: 'the-cpo' }))) ?? {};
      if (!data || !stored?.data.connection) throw new Error('not connected');
      const forgetful = { ...data, connection: stored.data.connection };
      await emsp.runtime.backend.credentials.update(credentialsCall({ id: 'the-cpo', data: forgetful, revision }));
    }
    expect((await peerOf(cpo, 'the-emsp')).tokensWeGave).toHaveLength(2);
    await connect('2.2.1');
    await exchangeTokens();
    await unregister(emsp.runtime, 'the-cpo', false);
  });

  test('a rotation that ends in a failure of the partner’s own leaves both tokens good', async () => {
    await connect('2.2.1');
    const { credentials } = cpo.runtime.backend;
    const update = credentials.update.bind(credentials);
    credentials.update = async (change) => {
      await update(change);
      credentials.update = update;
      throw new Error('the answer of the storage was lost');
    };
    await expect(renew(emsp.runtime, 'the-cpo')).rejects.toThrow('run this again');
    await exchangeTokens();
    await renew(emsp.runtime, 'the-cpo');
    await exchangeTokens();
    await unregister(emsp.runtime, 'the-cpo', false);
  });

  test('CRED-29 a fresh TOKEN_A for a registered peer replaces the connection', async () => {
    await connect('2.2.1');
    await connect('2.2.1');
    await exchangeTokens();
    expect((await peerOf(cpo, 'the-emsp')).tokensWeGave).toHaveLength(1);
    await unregister(emsp.runtime, 'the-cpo', false);
  });

  test('no secret is stored in plain or logged', async () => {
    const secrets: string[] = [];
    const { token } = await invite(cpo.runtime, 'the-emsp', {});
    secrets.push(token);
    await register(emsp.runtime, {
      id: 'the-cpo',
      versionsUrl: `${cpo.url}/ocpi/versions`,
      tokenA: token,
      settings: {},
    });
    for (const [instance, id] of [
      [emsp, 'the-cpo'],
      [cpo, 'the-emsp'],
    ] as const) {
      const peer = await peerOf(instance, id);
      secrets.push(await instance.runtime.vault.open(peer.connection?.sealedToken ?? '', id));
      expect(secrets.some((secret) => JSON.stringify(peer).includes(secret))).toBe(false);
    }
    await exchangeTokens();
    const log = [...cpo.logged, ...emsp.logged].join('');
    for (const secret of secrets) {
      expect(log).not.toContain(secret);
      expect(log).not.toContain(Buffer.from(secret).toString('base64'));
    }
    expect(log).not.toContain(token);
    await unregister(emsp.runtime, 'the-cpo', false);
  });
});
