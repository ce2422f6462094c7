/** The doctor, from a real platform to a real platform of ours, in every version. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accessToken, peer } from '../support/builders.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { type Json, type Owner, startOwner } from '../support/owner.ts';

interface Finding {
  status: string;
  check: string;
  message: string;
  advice?: string;
}

let us: Instance;
let them: Instance;
let ours: Owner;
let theirs: Owner;

beforeEach(async () => {
  // Both are both, and the first party of each is of another role than the other's.
  us = await startInstance({ parties: 'CPO NL AAA, EMSP NL BBB' });
  them = await startInstance({ parties: 'EMSP DE CCC, CPO DE DDD, CPO DE EEE' });
  [ours, theirs] = await Promise.all([startOwner(us.runtime), startOwner(them.runtime)]);
});
afterEach(() => Promise.all([ours, theirs, us, them].map((each) => each.stop())));

async function connect(version: string, role: 'CPO' | 'EMSP') {
  const isLegacy = version === '2.1.1';
  const invited = await theirs.post('peers/invite', {
    id: 'us',
    settings: { expectedRoles: ['CPO', 'EMSP'] },
    ...(isLegacy && { ourRole: role === 'CPO' ? 'EMSP' : 'CPO' }),
  });
  const urls = invited.data.versionsUrls as { url: string; versions: string[] }[];
  const versionsUrl = urls.find(({ versions }) => versions.includes(version))?.url;
  const registration = {
    id: 'them',
    versionsUrl,
    tokenA: invited.data.token,
    version,
    ...(isLegacy && { ourRole: role }),
  };
  expect((await ours.post('peers/register', registration)).http).toBe(200);
}

async function examine(owner: Owner, id: string): Promise<Record<string, Finding>> {
  const { http, data } = await owner.get('doctor/peer', { id });
  expect(http).toBe(200);
  return Object.fromEntries((data.checks as Finding[]).map((each) => [each.check, each]));
}

const statuses = (found: Record<string, Finding>) =>
  Object.fromEntries(Object.entries(found).map(([check, { status }]) => [check, status]));

describe.each([
  ['2.1.1', 'CPO', 'warn', { ours: ['ok', 'skip'], theirs: ['skip', 'ok'] }],
  ['2.1.1', 'EMSP', 'warn', { ours: ['skip', 'ok'], theirs: ['ok', 'skip'] }],
  ['2.2.1', 'CPO', 'warn', { ours: ['ok', 'ok'], theirs: ['ok', 'ok'] }],
  ['2.3.0', 'CPO', 'ok', { ours: ['ok', 'ok'], theirs: ['ok', 'ok'] }],
] as const)('two platforms of ours in %s, we as %s', (version, role, versions, tokens) => {
  test('are well, seen from either side', async () => {
    await connect(version, role);
    const expected = ([pulled, pushed]: readonly string[]) => ({
      state: 'ok',
      parties: 'ok',
      'our token': 'ok',
      versions,
      endpoints: 'ok',
      credentials: 'ok',
      'their Tokens': pulled,
      'our Tokens': pushed,
      clock: 'ok',
      'push and pull': 'ok',
    });
    expect(statuses(await examine(ours, 'them'))).toEqual(expected(tokens.ours));
    expect(statuses(await examine(theirs, 'us'))).toEqual(expected(tokens.theirs));
  });
});

test('says where a peer cannot be reached, and asks it no more', async () => {
  await connect('2.3.0', 'CPO');
  const { url } = them;
  await them.stop();
  const found = await examine(ours, 'them');
  expect(found.versions).toMatchObject({ status: 'fail', advice: 'Try again later' });
  expect(found.versions?.message).toContain(new URL(url).host);
  expect(found.endpoints?.status).toBe('skip');
  expect(found['their Tokens']?.status).toBe('skip');
});

test("shows a peer's own words where it refuses", async () => {
  await connect('2.3.0', 'CPO');
  await theirs.post('peers/remove', { id: 'us' });
  const { versions } = await examine(ours, 'them');
  expect(versions?.status).toBe('fail');
  expect(versions?.message).toContain('"No credentials token that we know in the Authorization header"');
  expect(versions?.advice).toContain('register again');
});

test('sees a party of which two peers speak (TRN-14)', async () => {
  await connect('2.3.0', 'CPO');
  // As it was stored before the storage kept parties apart.
  const data = peer({
    id: 'other',
    roles: [{ role: 'CPO', country_code: 'DE', party_id: 'DDD' }],
    tokensWeGave: [accessToken('other')],
  });
  await us.runtime.backend.credentials.create({
    module_id: 'credentials',
    version: '2.3.0',
    data,
    access: { id: 'other', tokens: data.tokensWeGave, roles: data.roles } as never,
    claims: [],
  });
  const { parties } = await examine(ours, 'other');
  expect(parties).toMatchObject({ status: 'fail', message: 'CPO DE DDD is a party of them and of other' });
  const { data: platform } = await ours.get('doctor/platform');
  expect(platform).toMatchObject({ isHealthy: false });
});

test('knows no peer of another id', async () => {
  expect(await ours.get('doctor/peer', { id: 'nobody' })).toMatchObject({
    http: 404,
    data: { type: 'urn:ocpi-tokens:problem:not-found', detail: 'There is no peer nobody' } as Json,
  });
});

test('finds our own side well, over real HTTP', async () => {
  await connect('2.3.0', 'CPO');
  const { data } = await ours.get('doctor/platform');
  const checks = data.checks as Finding[];
  expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(checks.map(({ check }) => check)).toEqual([
    'configuration',
    'parties',
    'public URL',
    'storage',
    'own Tokens',
    'secrets key',
    'peers',
    'secrets of peers',
    'parties of peers',
    'push and pull',
    'routes',
    'clock',
  ]);
});

test('finds our own side ill where nothing answers at PUBLIC_URL', async () => {
  const { runtime } = us;
  const elsewhere = await startOwner({ ...runtime, config: { ...runtime.config, publicUrl: 'http://127.0.0.1:1' } });
  try {
    const { data } = await elsewhere.get('doctor/platform');
    const routes = (data.checks as Finding[]).find(({ check }) => check === 'routes');
    expect(data.isHealthy).toBe(false);
    expect(routes?.message).toContain('does not answer');
    expect(routes?.advice).toContain('PUBLIC_URL');
  } finally {
    await elsewhere.stop();
  }
});
