/** Received Tokens over the owner's API, on every storage: found by uid, exported in pages, erased. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Platform, partner, startPlatform, tokenBody } from '../support/http.ts';
import { type Json, type Owner, startOwner } from '../support/owner.ts';
import { emspToken } from '../support/runtime.ts';
import { type Opened, startAllStorages } from '../support/storages.ts';

const all = await startAllStorages();
afterAll(() => all.stop());
if (all.missing) describe.skip(`DynamoDB: ${all.missing}`);

describe.each(all.storages)('on %s', (_name, open) => {
  let opened: Opened;
  let platform: Platform;
  let owner: Owner;

  beforeEach(async () => {
    opened = await open();
    platform = await startPlatform({ openBackend: opened.openBackend });
    owner = await startOwner(platform.runtime);
  });
  afterEach(async () => {
    await owner.stop();
    await platform.stop();
    await opened.close();
  });

  const push = async (
    uid: string,
    more: Record<string, string | boolean> = {},
    party = { id: 'DMS', secret: emspToken },
  ) => {
    const body = tokenBody('2.2.1', { uid, party_id: party.id, ...more });
    const path = `/DE/${party.id}/${uid}?type=${String(more.type ?? 'RFID')}`;
    const { envelope } = await partner(platform.url, '2.2.1', party.secret).receiver('PUT', path, body);
    expect(envelope.status_code).toBe(1000);
  };
  const addPeer = async (id: string) => {
    const roles = [{ role: 'EMSP', country_code: 'DE', party_id: id }];
    const { data } = await owner.post('peers/add', { roles });
    return { id, secret: String(data.token) };
  };
  const found = async (query: Record<string, string>) =>
    ((await owner.get('received/find', query)).data.tokens as { token: Json }[])
      .map(({ token }) => [token.party_id, token.type, token.uid].join(' '))
      .sort();
  const exported = async (query: Record<string, string> = {}) => {
    const { lines, nextSince } = await owner.lines('received/export', query);
    const uids = (lines as { token: Json }[]).map(({ token }) => String(token.uid)).sort();
    return { uids, nextSince };
  };

  test('finds a uid, whoever owns it, of all types, and by wish without its leading zeros', async () => {
    const other = await addPeer('OTH');
    await push('00A1');
    await push('00A1', { type: 'APP_USER' });
    await push('00A1', {}, other);
    await push('A1');
    expect(await found({ uid: '00a1' })).toEqual(['DMS APP_USER 00A1', 'DMS RFID 00A1', 'OTH RFID 00A1']);
    expect(await found({ uid: 'A1', count_zeros: 'false' })).toHaveLength(4);
    expect(await found({ uid: 'NONE' })).toEqual([]);
    const own = await owner.get('tokens/get', { uid: '00A1' });
    expect(own).toMatchObject({ http: 404, data: { detail: expect.stringContaining('one that we received') } });
  });

  test('exports in pages, of one party or of all, whole or what came in since', async () => {
    const other = await addPeer('OTH');
    for (const uid of ['A1', 'A2', 'A3', 'A4', 'A5']) await push(uid);
    for (const uid of ['B1', 'B2']) await push(uid, {}, other);
    const whole = await exported({ limit: '2' });
    expect(whole.uids).toEqual(['A1', 'A2', 'A3', 'A4', 'A5', 'B1', 'B2']);
    expect((await exported({ limit: '2', party: 'DE-OTH' })).uids).toEqual(['B1', 'B2']);
    expect((await exported({ limit: '2', party: 'DE-DMS' })).uids).toEqual(['A1', 'A2', 'A3', 'A4', 'A5']);

    // What an export says to begin with holds what was on its way then, so the next may name a Token again.
    platform.advance(10 * 60_000);
    const { nextSince } = await exported();
    platform.advance(10 * 60_000);
    await push('A6');
    await push('A2', { valid: false, last_updated: '2026-02-01T00:00:00Z' });
    expect((await exported({ since: nextSince, limit: '1' })).uids).toEqual(['A2', 'A6']);
    expect((await exported({ since: nextSince, party: 'DE-OTH' })).uids).toEqual([]);
  });

  test('erases: no trace is left in what is kept, and none comes in a later export', async () => {
    const other = await addPeer('OTH');
    await push('SECRETUID', { visual_number: 'SECRETNUMBER' });
    await push('SECRETUID', {}, other);
    await push('A2');
    if (opened.contents) expect(await opened.contents()).toContain('SECRETUID');
    expect((await owner.post('tokens/erase', { uid: 'secretuid' })).data).toEqual({ own: 0, received: 2, waiting: 0 });
    expect(await found({ uid: 'SECRETUID' })).toEqual([]);
    expect((await exported()).uids).toEqual(['A2']);
    if (opened.contents) expect(await opened.contents()).not.toMatch(/secret/i);
    expect(platform.logged.join('\n')).not.toMatch(/secret/i);
  });
});
