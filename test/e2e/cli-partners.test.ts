/**
 * Two companies, each with `npm start` and the command line and nothing else: they invite, register, rotate, upgrade and unregister.
 * All as processes of their own.
 */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { locateEngine } from '../../lib/local/engine.ts';
import { type Company, startCompany } from '../support/company.ts';

const located = locateEngine();
const noEngine = 'reason' in located && located.reason;
if (noEngine) console.warn(`The command line is not tested with partners: ${noEngine}`);

/** The CPO NL AAA. */
let cpo: Company;
/** EMSP and CPO in one, DE BBB. */
let both: Company;

const invite = async (...args: string[]): Promise<string> =>
  (await cpo.answerOf('peers', 'invite', 'bee', ...args)).token;

const register = (...args: string[]) => both.cli(['peers', 'register', ...args]);

async function connect(...args: string[]): Promise<void> {
  const token = await invite();
  const result = await register(`${cpo.url}/ocpi/cpo/versions`, '--id', 'aaa', '--token-a', token, ...args);
  expect(result).toMatchObject({ code: 0, err: '' });
}

const peerOf = async (company: Company, id: string) => (await company.answerOf('peers', 'show', id)).peer;

/** The newest version is found out by asking the partner, with the token in use. */
async function expectAlive(company: Company, id: string): Promise<void> {
  const { code, out } = await company.cli(['peers', 'upgrade', id]);
  expect([code, out]).toEqual([0, expect.stringContaining('Nothing has changed')]);
}

/** Server of a partner that behaves badly. */
async function badPartner(answer: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const envelope = (data: unknown) => JSON.stringify({ data, status_code: 1000, timestamp: new Date().toISOString() });

describe.skipIf(noEngine)('two companies', () => {
  beforeAll(async () => {
    [cpo, both] = await Promise.all([
      startCompany({ OCPI_PARTIES: 'CPO NL AAA', BUSINESS_NAME: 'Aaa Charging' }),
      startCompany({ OCPI_PARTIES: 'EMSP DE BBB, CPO DE BBB' }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([cpo, both].map((company) => company.stop()));
  });

  test('from the invitation to the first Token: what each side then knows, and that it works (CRED-10)', async () => {
    const { out } = await cpo.cli(['peers', 'invite', 'bee', '--party', 'DE', 'BBB', '--days', '2']);
    const [, token = ''] = /Token A +([\w-]{43})$/m.exec(out) ?? [];
    expect(out).toMatch(new RegExp(`Versions URL +${cpo.url}/ocpi/versions +\\(OCPI 2.2.1 and 2.3.0\\)`));
    expect(out).toContain(`${cpo.url}/ocpi/cpo/versions`);
    expect(out).not.toContain(`${cpo.url}/ocpi/emsp/versions`);
    expect(out).toContain(`Authorization: Token ${Buffer.from(token).toString('base64')} `);
    expect(out).toContain(`Authorization: Token ${token} `);
    const invited = await peerOf(cpo, 'bee');
    expect(invited).toMatchObject({ state: 'invited', tokens: [{ purpose: 'invitation' }] });
    const days = (Date.parse(invited.tokens[0].expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(1.9);
    expect(days).toBeLessThan(2.1);

    const registered = await both.cli(
      ['peers', 'register', `${cpo.url}/ocpi/versions`, '--token-a', '-', '--id', 'aaa'],
      {},
      `${token}\n`,
    );
    expect(registered).toMatchObject({ code: 0, err: '' });
    expect(registered.out).toMatch(/^Registered with aaa in OCPI 2\.3\.0\. /);
    // It is pushed to and pulled from at once, so it may have come already.
    const { lastUsedAt: _, ...known } = await peerOf(both, 'aaa');
    expect(known).toEqual({
      id: 'aaa',
      state: 'registered',
      version: '2.3.0',
      roles: [{ role: 'CPO', country_code: 'NL', party_id: 'AAA', name: 'Aaa Charging' }],
      isHub: false,
      versionsUrl: `${cpo.url}/ocpi/versions`,
      endpoints: [
        { identifier: 'credentials', url: `${cpo.url}/ocpi/2.3.0/credentials` },
        { identifier: 'tokens', role: 'RECEIVER', url: `${cpo.url}/ocpi/cpo/2.3.0/tokens/` },
      ],
      authorizationEncoding: 'base64',
      exchangedAt: expect.any(String),
      tokens: [{ purpose: 'in use' }],
      settings: { expectedRoles: ['CPO', 'EMSP'] },
      advice: [],
    });
    expect(await peerOf(cpo, 'bee')).toMatchObject({
      state: 'registered',
      roles: [{ role: 'EMSP', country_code: 'DE', party_id: 'BBB' }],
      ignoredRoles: [{ role: 'CPO', country_code: 'DE', party_id: 'BBB' }],
      tokens: [{ purpose: 'in use' }],
      settings: { expectedRoles: ['EMSP'], expectedParties: [{ country_code: 'DE', party_id: 'BBB' }] },
    });
    expect(registered.out).toMatch(/^Agreed on: CPO and EMSP, .*\nAs CPO IT READS OUR TOKENS\./m);
    expect((await both.cli(['peers', 'list'])).out).toMatch(/^aaa +registered +2\.3\.0 .*CPO NL AAA$/m);

    await expectAlive(both, 'aaa');
    await expectAlive(cpo, 'bee');
    expect((await peerOf(cpo, 'bee')).lastUsedAt).toBeDefined();

    const again = await register(`${cpo.url}/ocpi/versions`, '--id', 'aaa', '--token-a', token);
    expect(again).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/HTTP 401 .*Nothing has changed\. .*new token A/),
    });
    await expectAlive(both, 'aaa');
    expect((await cpo.cli(['peers', 'invite', 'bee'])).out).toContain(
      'bee is registered: its connection goes on until',
    );
  });

  test('rotation from either side: new tokens on both, and it goes on working (CRED-23)', async () => {
    await connect();
    const before = await peerOf(both, 'aaa');
    const rotated = await both.answerOf('peers', 'rotate', 'aaa');
    expect(rotated.peer.exchangedAt > before.exchangedAt).toBe(true);
    expect(rotated.peer.tokens).toEqual([
      { purpose: 'replaced', expiresAt: expect.any(String) },
      { purpose: 'in use' },
    ]);
    expect((await cpo.cli(['peers', 'rotate', 'bee'])).out).toMatch(/^Exchanged new tokens with bee\. /);
    expect((await peerOf(both, 'aaa')).exchangedAt > rotated.peer.exchangedAt).toBe(true);
    await expectAlive(both, 'aaa');
    await expectAlive(cpo, 'bee');
  });

  test('registration in 2.1.1 and upgrade to the newest (CRED-31)', async () => {
    const token = await invite();
    const args = [`${cpo.url}/ocpi/cpo/versions`, '--id', 'aaa', '--token-a', token, '--version', '2.1.1'];
    expect(await register(...args)).toMatchObject({ code: 1, err: expect.stringContaining('--as CPO or --as EMSP') });
    await connect('--version', '2.1.1', '--as', 'EMSP');
    expect(await peerOf(both, 'aaa')).toMatchObject({
      version: '2.1.1',
      ourRole: 'EMSP',
      authorizationEncoding: 'raw',
    });

    expect(await both.cli(['peers', 'upgrade', 'aaa'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Moved aaa from OCPI 2\.1\.1 to 2\.3\.0\./),
    });
    const upgraded = await peerOf(both, 'aaa');
    expect(upgraded).toMatchObject({ version: '2.3.0', authorizationEncoding: 'base64' });
    expect(upgraded).not.toHaveProperty('ourRole');
    await expectAlive(cpo, 'bee');

    expect((await both.cli(['peers', 'upgrade', 'aaa'])).out).toMatch(
      /^OCPI 2\.3\.0 is the newest that both serve\. Nothing/,
    );
    expect((await peerOf(both, 'aaa')).exchangedAt).toBe(upgraded.exchangedAt);
    const down = await both.answerOf('peers', 'upgrade', 'aaa', '--version', '2.2.1');
    expect(down.peer.version).toBe('2.2.1');
  });

  test('settings are kept, and go with the next request', async () => {
    await connect();
    const set = await both.answerOf('peers', 'settings', 'aaa', '--authorization-encoding', 'raw', '--timeout', '5000');
    expect(set).toEqual({
      id: 'aaa',
      settings: { authorizationEncoding: 'raw', timeoutMs: 5000, expectedRoles: ['CPO', 'EMSP'] },
    });
    expect((await both.cli(['peers', 'settings', 'aaa'])).out).toMatch(
      /^--authorization-encoding +raw\n.*\n--timeout +5000\n/,
    );
    expect((await both.answerOf('peers', 'rotate', 'aaa')).peer.authorizationEncoding).toBe('raw');
    const back = ['--authorization-encoding', 'default', '--timeout', 'default'];
    expect((await both.answerOf('peers', 'settings', 'aaa', ...back)).settings).toEqual({
      expectedRoles: ['CPO', 'EMSP'],
    });
  });

  test('what has changed at a partner is taken over by a rotation (VER-14)', async () => {
    await connect();
    const restart = (parties: string) => cpo.restart({ OCPI_PARTIES: parties, BUSINESS_NAME: 'Aaa Charging' });
    await restart('CPO NL AAA, EMSP NL AAA');
    await both.answerOf('peers', 'rotate', 'aaa');
    expect((await peerOf(both, 'aaa')).roles.map(({ role }: { role: string }) => role)).toEqual(['CPO', 'EMSP']);
    await restart('CPO NL AAA');
  });

  test('unregistering ends it on both sides; a partner that is gone can be left all the same (CRED-24)', async () => {
    await connect();
    expect((await cpo.answerOf('peers', 'unregister', 'bee')).peer).toMatchObject({
      state: 'unregistered',
      tokens: [],
    });
    expect(await peerOf(both, 'aaa')).toMatchObject({ state: 'unregistered', roles: [], tokens: [] });
    expect(await both.cli(['peers', 'unregister', 'aaa'])).toMatchObject({
      code: 1,
      err: 'error: aaa is not registered: invite it, or register with it\n',
    });

    await connect();
    await cpo.end();
    const before = await peerOf(both, 'aaa');
    for (const command of ['rotate', 'unregister', 'upgrade']) {
      expect(await both.cli(['peers', command, 'aaa'])).toMatchObject({ code: 4, out: '' });
    }
    expect(await peerOf(both, 'aaa')).toEqual(before);
    expect((await both.answerOf('peers', 'unregister', 'aaa', '--force')).peer.state).toBe('unregistered');

    // With its server stopped this side cannot be called back, and has nobody to ask.
    expect(await cpo.cli(['peers', 'rotate', 'bee'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('npm start'),
    });
    await cpo.restart({ OCPI_PARTIES: 'CPO NL AAA', BUSINESS_NAME: 'Aaa Charging' });
  });

  describe('what goes wrong', () => {
    test('a wrong token A, from the environment', async () => {
      const result = await both.cli(['peers', 'register', `${cpo.url}/ocpi/versions`], { TOKEN_A: 'wrong' });
      expect(result).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringMatching(/^error: localhost:\d+ answered HTTP 401 /),
      });
      const id = new URL(cpo.url).host.replace(':', '-');
      expect(await both.cli(['peers', 'show', id])).toMatchObject({ code: 1, err: `error: There is no peer ${id}\n` });
    });

    test('the default id is another platform’s already', async () => {
      const args = ['--token-a', await invite()];
      expect(await register(`${cpo.url}/ocpi/versions`, ...args)).toMatchObject({ code: 0 });
      expect(await register(`${cpo.url}/tenant2/versions`, ...args)).toMatchObject({
        code: 1,
        err: expect.stringContaining('give another id'),
      });
      const id = new URL(cpo.url).host.replace(':', '-');
      expect(await both.cli(['peers', 'unregister', id])).toMatchObject({ code: 0 });
    });

    test('a partner that is not there, or does not speak OCPI, is exit code 4', async () => {
      const { url, server } = await badPartner((_, response) => response.end('<html>'));
      expect(await register(`${url}/versions`, '--token-a', 'a')).toMatchObject({
        code: 4,
        err: expect.stringContaining('not JSON'),
      });
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      expect(await register(`${url}/versions`, '--token-a', 'a')).toMatchObject({
        code: 4,
        err: expect.stringContaining('cannot be reached'),
      });
    });

    test('a URL of another network is not even asked (CRED-14)', async () => {
      const result = await both.cli(['peers', 'register', 'https://10.0.0.1/versions', '--token-a', 'a']);
      expect(result).toMatchObject({ code: 1, out: '', err: expect.stringContaining("A partner's URL ") });
    });

    test('a partner that never answers leaves a registration that can be seen and repeated, and words that are tamed', async () => {
      let isWilling = false;
      const bad = await badPartner((request, response) => {
        const base = `http://${request.headers.host}`;
        const tokens = { identifier: 'tokens', role: 'RECEIVER', url: `${base}/tokens` };
        const credentials = { identifier: 'credentials', role: 'SENDER', url: `${base}/credentials` };
        const role = { role: 'CPO', country_code: 'FR', party_id: 'BAD', business_details: { name: 'B\u001b[31mad' } };
        if (request.url === '/versions') response.end(envelope([{ version: '2.2.1', url: `${base}/2.2.1` }]));
        else if (request.url === '/2.2.1')
          response.end(envelope({ version: '2.2.1', endpoints: [credentials, tokens] }));
        else if (isWilling) response.end(envelope({ token: 'token-c', url: `${base}/versions`, roles: [role] }));
        else response.destroy();
      });
      const args = [`${bad.url}/versions`, '--id', 'bad', '--token-a', 'a'];
      expect(await register(...args)).toMatchObject({
        code: 4,
        err: expect.stringContaining('ask them for a new token A'),
      });
      const { state, advice } = await peerOf(both, 'bad');
      expect([state, advice]).toEqual(['registering', [expect.stringContaining('register again')]]);
      isWilling = true;
      expect(await register(...args)).toMatchObject({ code: 0 });
      const { out } = await both.cli(['peers', 'show', 'bad']);
      expect(out).toContain('FR BAD (B [31mad)');
      expect(out).not.toContain('\u001b');
      expect(out).not.toContain('token-c');
      bad.server.close();
      bad.server.closeAllConnections();
    });
  });

  test('no command has shown a secret or a hash', async () => {
    await connect();
    await both.answerOf('peers', 'rotate', 'aaa');
    const printed = cpo.printed() + both.printed();
    expect(printed.length).toBeGreaterThan(10_000);
    // 32 random bytes, as they are and in Base64; SHA-256; what the vault seals.
    expect(printed).not.toMatch(/(?<![\w-])[\w-]{43}(?![\w-])/);
    expect(printed).not.toMatch(/[A-Za-z0-9+/]{56,}={0,2}/);
    expect(printed).not.toMatch(/[0-9a-f]{64}/);
  });
});
