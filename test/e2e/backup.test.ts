/** A disaster is rehearsed: our Tokens are exported, the storage is empty, they come back, and partners find the list that they know. */
import { afterAll, describe, expect, test } from 'vitest';
import type { Token } from '../../lib/ocpi/token.ts';
import { ndjson, type OwnerCli, startOwnerCli } from '../support/owner-cli.ts';
import { startAllStorages } from '../support/storages.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Two of ours, whose lists partners see one behind the other. */
const parties = 'CPO NL LCP, EMSP NL LMS, EMSP DE LMD';

const database = await startAllStorages();
afterAll(() => database.stop());

const record = (n: number) => ({
  country_code: n % 3 === 0 ? 'DE' : 'NL',
  party_id: n % 3 === 0 ? 'LMD' : 'LMS',
  uid: `Card${String((n * 37) % 1_000)}-${n}`,
  type: n % 5 === 0 ? 'APP_USER' : 'RFID',
  contract_id: `NL-LMS-C${n}`,
  issuer: 'Lumen',
  valid: n % 7 !== 0,
  whitelist: 'ALLOWED',
  last_updated: new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString(),
});
const uidOf = (n: number) => record(n).uid;

async function partnerOf(platform: OwnerCli): Promise<(path: string) => Promise<Response>> {
  const { token } = await platform.answerOf('peers', 'add', '--role', 'CPO', '--party', 'FR', 'DCP', '--id', 'partner');
  const headers = { Authorization: `Token ${Buffer.from(token).toString('base64')}` };
  return (path) => fetch(URL.canParse(path) ? path : `${platform.runtime.config.publicUrl}${path}`, { headers });
}

/** All pages of our list as a partner gets them, each as the text of its data, in the way that Link says. */
async function walk(ask: (path: string) => Promise<Response>): Promise<string[]> {
  const pages: string[] = [];
  let next: string | undefined = '/ocpi/emsp/2.3.0/tokens/?limit=50';
  while (next !== undefined) {
    const response = await ask(next);
    const { data } = (await response.json()) as { data: Token[] };
    pages.push(`${response.headers.get('x-total-count')} ${JSON.stringify(data)}`);
    next = /<(.+)>/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return pages;
}

async function platformWithTokens(openBackend: Parameters<typeof startOwnerCli>[2]): Promise<OwnerCli> {
  const before = await startOwnerCli(parties, undefined, openBackend);
  const records = Array.from({ length: 210 }, (_, n) => record(n));
  await before.answerTo(ndjson(records), 'tokens', 'import', '-');
  await before.answerOf('tokens', 'block', uidOf(11), '--why', 'lost', '--info', 'en=Please call us');
  await before.answerOf('tokens', 'set', uidOf(12), '--allow-location', 'LOC1:E1,E2', '--type', 'RFID');
  const inAWeek = new Date(Date.now() + 7 * dayMs).toISOString();
  await before.answerOf('tokens', 'set', uidOf(13), '--expires-at', inAWeek, '--needs-location', 'yes');
  await before.answerOf('tokens', 'erase', uidOf(16));
  // What has been changed is dated ahead, and has been seen by now.
  before.advance(hourMs);
  return before;
}

describe.each(database.storages.filter(([name]) => name !== 'memory'))('on %s', (_name, open) => {
  test('what was exported comes back into an empty storage: the same list, page by page, and all that is beside it', async () => {
    const [old, empty] = [await open(), await open()];
    const before = await platformWithTokens(old.openBackend);
    const list = await walk(await partnerOf(before));
    const backup = await before.cli(['tokens', 'export', '--backup']);
    expect(backup.out.split('\n')).toHaveLength(211);
    const beside = await before.answerOf('tokens', 'get', uidOf(13));
    await before.stop();

    const after = await startOwnerCli(parties, undefined, empty.openBackend);
    after.advance(2 * hourMs);
    const restored = await after.answerTo(backup.out, 'tokens', 'import', '-', '--restore');
    expect(restored).toMatchObject({ read: 210, created: 210, invalid: 0, warnings: 0 });
    const ask = await partnerOf(after);
    expect(await walk(ask)).toEqual(list);
    expect((await after.cli(['tokens', 'export', '--backup'])).out).toBe(backup.out);
    const { told: _, ...kept } = beside;
    expect(await after.answerOf('tokens', 'get', uidOf(13))).toMatchObject(kept);

    // Whoever asks for what has changed since is not told of all of it.
    const since = new Date(Date.now() + hourMs).toISOString();
    expect((await ask(`/ocpi/emsp/2.3.0/tokens/?date_from=${since}`)).headers.get('x-total-count')).toBe('0');

    // It can be sent again, and overwrites nothing that has changed since.
    await after.answerOf('tokens', 'unblock', uidOf(11));
    expect((await after.answerOf('tokens', 'get', uidOf(11))).token.valid).toBe(true);
    const again = await after.cli(['tokens', 'import', '-', '--restore', '--json'], backup.out);
    expect(again).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^line \d+: it is there and differs, and stays as it is\n$/),
    });
    expect(JSON.parse(again.out)).toMatchObject({ created: 0, unchanged: 209, stale: 1 });
    expect((await after.answerOf('tokens', 'get', uidOf(11))).token.valid).toBe(true);
    // Its source goes on from where it was.
    const source = await after.answerTo(ndjson([record(1), { ...record(2), issuer: 'New' }]), 'tokens', 'import', '-');
    expect(source).toMatchObject({ unchanged: 1, updated: 1, stale: 0 });
    await after.stop();
    await old.close();
    await empty.close();
  });
});

test('what has expired since the backup is published as invalid, and what was being erased is asked for again', async () => {
  const line = { ...record(1), settings: { source: { valid: true, last_updated: record(1).last_updated } } };
  const expired = { ...line, settings: { ...line.settings, expiresAt: '2026-02-01T00:00:00.000Z' } };
  const erasing = {
    ...line,
    uid: 'GOING',
    valid: false,
    settings: { ...line.settings, erasing: '2026-02-01T00:00:00.000Z' },
  };
  const platform = await startOwnerCli(parties);
  const { err, out } = await platform.cli(['tokens', 'import', '-', '--restore', '--json'], ndjson([expired, erasing]));
  expect(JSON.parse(out)).toMatchObject({ created: 2, warnings: 1 });
  expect(err).toContain('line 2: warning: RFID GOING was being erased');
  const { tokens } = await platform.answerOf('tokens', 'list');
  expect(tokens).toMatchObject([{ valid: false }, { valid: false, last_updated: record(1).last_updated }]);
  expect(tokens[0].last_updated > record(1).last_updated).toBe(true);
  expect((await platform.answerOf('tokens', 'get', 'GOING')).settings).toEqual({});
  const again = await platform.answerTo(ndjson([expired]), 'tokens', 'import', '-', '--restore');
  expect(again).toMatchObject({ unchanged: 1 });
  await platform.stop();
});
