/** The owner's own Tokens over the owner's API, as its local form serves it, on every storage; and what peers see of it. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Platform, partner, startPlatform } from '../support/http.ts';
import { type Json, type Owner, problem, startOwner } from '../support/owner.ts';
import { cpoToken } from '../support/runtime.ts';
import { type Opened, startAllStorages } from '../support/storages.ts';

const all = await startAllStorages();
afterAll(() => all.stop());
if (all.missing) describe.skip(`DynamoDB: ${all.missing}`);

const card = (uid: string, more: object = {}) => ({
  uid,
  type: 'RFID',
  contract_id: `NL-LMS-C${uid}`,
  issuer: 'Lumen',
  valid: true,
  whitelist: 'ALLOWED',
  ...more,
});
const linesOf = (...lines: (object | string)[]) =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');

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

  /** A Token is shown no later than now, so for a moment after a change its date moves on. */
  const sourced = ({ data }: { data: Json }) => ({ ...(data.token as object), last_updated: undefined });
  const put = (token: object, headers = {}) => owner.post('tokens/put', { token }, headers);
  const cpo = () => partner(platform.url, '2.2.1', cpoToken).sender;
  const outcomesOf = ({ data }: { data: Json }) =>
    (data.outcomes as { line: number; outcome: string }[]).map(({ line, outcome }) => `${line} ${outcome}`);

  test('puts: creates, changes nothing where nothing differs, replaces', async () => {
    const created = await put(card('A1'));
    expect(created).toMatchObject({
      http: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      data: { outcome: 'created', token: { uid: 'A1', country_code: 'NL', party_id: 'LMS' }, settings: {} },
    });
    expect(created.headers.etag).toBe(`"${String(created.data.revision)}"`);

    const again = await put(card('A1'));
    expect(again.data.outcome).toBe('unchanged');
    expect(sourced(again)).toEqual(sourced(created));

    const replaced = await put(card('A1', { issuer: 'Lux' }));
    expect(replaced.data).toMatchObject({ outcome: 'updated', token: { issuer: 'Lux' } });
    expect(replaced.data.revision).not.toBe(again.data.revision);
    expect(sourced(await owner.get('tokens/get', { uid: 'a1' }))).toEqual(sourced(replaced));
  });

  test('honours If-Match in a put and a patch', async () => {
    const first = (await put(card('A1'))).headers.etag as string;
    const second = (await put(card('A1', { issuer: 'Lux' }), { 'If-Match': first })).headers.etag as string;
    expect(second).not.toBe(first);

    for (const late of [
      () => put(card('A1', { issuer: 'Late' }), { 'If-Match': first }),
      () => owner.post('tokens/patch', { uid: 'A1', token: { issuer: 'Late' } }, { 'If-Match': first }),
      () => put(card('NEW'), { 'If-Match': first }),
    ]) {
      expect(await late()).toMatchObject({ http: 412, data: problem('revision-mismatch', 412) });
    }
    expect((await owner.get('tokens/get', { uid: 'A1' })).headers.etag).toBe(second);
    expect((await owner.get('tokens/get', { uid: 'NEW' })).http).toBe(404);
    const patched = await owner.post('tokens/patch', { uid: 'A1', token: { valid: false } }, { 'If-Match': second });
    expect(patched).toMatchObject({ http: 200, data: { token: { valid: false, issuer: 'Lux' } } });
  });

  test('patches members and settings, takes optional ones away, and keeps what names a Token', async () => {
    await put(card('A1', { visual_number: '1', language: 'nl' }));
    const patched = await owner.post('tokens/patch', {
      uid: 'A1',
      token: { visual_number: null, language: 'de' },
      settings: { hasNoCredit: true, expiresAt: '2030-01-01T00:00:00Z' },
    });
    expect(patched.data).toMatchObject({
      token: { language: 'de', valid: true },
      settings: { hasNoCredit: true, expiresAt: '2030-01-01T00:00:00.000Z' },
    });
    expect(patched.data.token).not.toHaveProperty('visual_number');
    const taken = await owner.post('tokens/patch', { uid: 'A1', settings: { hasNoCredit: null } });
    expect(taken.data.settings).toEqual({ expiresAt: '2030-01-01T00:00:00.000Z' });

    const renamed = await owner.post('tokens/patch', { uid: 'A1', token: { uid: 'A2' } });
    expect(renamed).toMatchObject({
      http: 400,
      data: { ...problem('invalid', 400), errors: [{ field: 'token.uid', expected: 'A1', value: 'A2' }] },
    });
  });

  test('keeps to what the source said last', async () => {
    await put(card('A1', { last_updated: '2026-02-02T00:00:00Z' }));
    const older = await put(card('A1', { issuer: 'Old', last_updated: '2026-02-01T00:00:00Z' }));
    expect(older).toMatchObject({ http: 409, data: problem('older', 409) });
    expect((await owner.get('tokens/get', { uid: 'A1' })).data.token).toMatchObject({ issuer: 'Lumen' });
  });

  test('names field, expectation and value of what is wrong (RFC 9457)', async () => {
    const { http, headers, data } = await put({ ...card('A1'), whitelist: 'SOMETIMES', valid: 'yes' });
    expect(http).toBe(400);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(data).toEqual({
      type: 'urn:ocpi-tokens:problem:invalid',
      title: expect.any(String),
      status: 400,
      detail: expect.stringContaining('token.whitelist should be one of ALWAYS'),
      errors: [
        { field: 'token.valid', expected: 'true or false', value: '"yes"' },
        { field: 'token.whitelist', expected: 'one of ALWAYS, ALLOWED, ALLOWED_OFFLINE, NEVER', value: '"SOMETIMES"' },
      ],
      correlation_id: headers['x-correlation-id'],
    });
    expect(await owner.post('tokens/put', '{"token":')).toMatchObject({ http: 400, data: problem('invalid', 400) });
    expect(await owner.get('tokens/get')).toMatchObject({ http: 400, data: { errors: [{ field: 'uid' }] } });
    const stranger = await put(card('A1', { country_code: 'DE', party_id: 'XXX' }));
    expect(stranger).toMatchObject({ http: 400, data: { errors: [{ expected: 'one of NL LMS', value: 'DE XXX' }] } });
  });

  test('knows what it does not have: a Token, an operation, a method', async () => {
    expect(await owner.get('tokens/get', { uid: 'A1' })).toMatchObject({
      http: 404,
      data: { ...problem('not-found', 404), detail: expect.stringContaining('There is no Token A1 of ours') },
    });
    expect(await owner.get('tokens/burn')).toMatchObject({ http: 404, data: problem('no-such-operation', 404) });
    expect(await owner.get('tokens/put')).toMatchObject({ http: 405, data: problem('wrong-method', 405) });
    expect(await owner.post('tokens/get', {})).toMatchObject({ http: 405, data: problem('wrong-method', 405) });
  });

  test('lists in order of creation, in pages', async () => {
    for (const uid of ['C', 'A', 'B', 'D', 'E']) await put(card(uid));
    const uids: string[] = [];
    let next: string | undefined;
    do {
      const { http, data } = await owner.get('tokens/list', {
        limit: '2',
        party: 'NL-LMS',
        ...(next && { after: next }),
      });
      expect(http).toBe(200);
      expect(data.total).toBe(5);
      uids.push(...(data.tokens as { uid: string }[]).map(({ uid }) => uid));
      next = data.next as string | undefined;
    } while (next);
    expect(uids).toEqual(['C', 'A', 'B', 'D', 'E']);
    const rest = await owner.get('tokens/list', { offset: '3' });
    expect((rest.data.tokens as { uid: string }[]).map(({ uid }) => uid)).toEqual(['D', 'E']);
    expect(await owner.get('tokens/list', { after: 'made-up' })).toMatchObject({ http: 400 });
    expect(await owner.get('tokens/list', { limit: '0' })).toMatchObject({
      http: 400,
      data: { errors: [{ field: 'limit' }] },
    });
  });

  test('imports many at once, an outcome for each line, and one bad line stops none', async () => {
    await put(card('A1'));
    const body = linesOf(
      card('A1'),
      'this is no JSON',
      card('A2'),
      '',
      { ...card('A3'), valid: 'yes' },
      card('A2', { issuer: 'Lux' }),
      card('A4', { settings: { hasNoCredit: true } }),
      card('A5', { country_code: 'DE', party_id: 'XXX' }),
    );
    const dry = await owner.post('tokens/import?dry_run=true', body);
    expect(outcomesOf(dry)).toEqual([
      '1 unchanged',
      '2 invalid',
      '3 unchanged',
      '5 invalid',
      '6 unchanged',
      '7 unchanged',
      '8 invalid',
    ]);
    expect((await owner.get('tokens/list')).data.total).toBe(1);

    const first = await owner.post('tokens/import', body);
    expect(first.http).toBe(200);
    expect(outcomesOf(first)).toEqual([
      '1 unchanged',
      '2 invalid',
      '3 created',
      '5 invalid',
      '6 updated',
      '7 created',
      '8 invalid',
    ]);
    expect((first.data.outcomes as { problem?: string }[]).map((each) => each.problem)).toEqual([
      undefined,
      'is no JSON object',
      undefined,
      'valid should be true or false, but was "yes"',
      undefined,
      undefined,
      'DE XXX is not an EMSP party of ours (NL LMS)',
    ]);
    expect((await owner.get('tokens/list')).data.total).toBe(3);
    expect((await owner.get('tokens/get', { uid: 'A2' })).data.token).toMatchObject({ issuer: 'Lux' });
    expect((await owner.get('tokens/get', { uid: 'A4' })).data.settings).toEqual({ hasNoCredit: true });
    expect(outcomesOf(await owner.post('tokens/import', linesOf(card('A1'), card('A4'))))).toEqual([
      '1 unchanged',
      '2 unchanged',
    ]);
  });

  test('takes no more than a call may carry, and then nothing of it', async () => {
    const many = Array.from({ length: 2_001 }, (_each, n) => card(`M${n}`));
    const wide = Array.from({ length: 3 }, (_each, n) => `${JSON.stringify(card(`W${n}`))}${' '.repeat(400_000)}`);
    for (const body of [linesOf(...many), linesOf(...wide)]) {
      expect(await owner.post('tokens/import', body)).toMatchObject({ http: 413, data: problem('too-large', 413) });
    }
    expect((await owner.get('tokens/list')).data.total).toBe(0);
  });

  test('answers for the lines that it did not reach in time', async () => {
    const { tokens } = platform.runtime.backend;
    let isFirst = true;
    const spend = () => {
      if (isFirst) platform.advance(21_000);
      isFirst = false;
    };
    // The first page takes all the time that there is.
    const get: typeof tokens.get = (call) => tokens.get(call).finally(spend);
    const act = tokens.do.bind(tokens) as (call: unknown) => Promise<never>;
    const slow = { ...tokens, get, do: (call: unknown) => act(call).finally(spend) } as typeof tokens;
    const slowly = await startOwner({ ...platform.runtime, backend: { ...platform.runtime.backend, tokens: slow } });
    const body = linesOf(...Array.from({ length: 150 }, (_each, n) => card(`S${n}`)));
    try {
      const answer = await slowly.post('tokens/import', body);
      const outcomes = outcomesOf(answer).map((each) => each.split(' ')[1]);
      expect(outcomes.filter((each) => each === 'created')).toHaveLength(99);
      expect(outcomes.slice(99)).toEqual(Array.from({ length: 51 }, () => 'not-reached'));
    } finally {
      await slowly.stop();
    }
    const again = outcomesOf(await owner.post('tokens/import', body)).map((each) => each.split(' ')[1]);
    expect(again.filter((each) => each === 'created')).toHaveLength(51);
    expect(again.filter((each) => each === 'unchanged')).toHaveLength(99);
  });

  test('blocks with a text for the driver: peers see valid = false, and the answer to the charger carries it', async () => {
    await put(card('A1', { language: 'de' }));
    const authorized = () => cpo()('POST', '/A1/authorize');
    expect((await authorized()).envelope.data).toMatchObject({ allowed: 'ALLOWED' });

    const info = [
      { language: 'en', text: 'Please call us' },
      { language: 'de', text: 'Bitte rufen Sie an' },
    ];
    const blocked = await owner.post('tokens/block', { uid: 'A1', why: 'stolen', info });
    expect(blocked.data).toMatchObject({
      token: { valid: false },
      settings: { blocked: true, block: { why: 'stolen' } },
    });
    expect((await authorized()).envelope.data).toMatchObject({ allowed: 'BLOCKED', info: info[1] });
    const list = (await cpo()('GET', '')).envelope.data as object[];
    expect(list).toEqual([expect.objectContaining({ uid: 'A1', valid: false })]);
    expect(JSON.stringify(list)).not.toContain('stolen');

    // What its source says does not undo it.
    expect((await put(card('A1', { language: 'de', issuer: 'Lux' }))).data.token).toMatchObject({ valid: false });
    const free = await owner.post('tokens/unblock', { uid: 'A1' });
    expect(free.data).toMatchObject({ token: { valid: true, issuer: 'Lux' }, settings: {} });
    expect((await authorized()).envelope.data).toMatchObject({ allowed: 'ALLOWED' });
    expect(await owner.post('tokens/block', { uid: 'A9' })).toMatchObject({
      http: 404,
      data: problem('not-found', 404),
    });
  });

  test('erases: nothing personal is left, and the others keep their places', async () => {
    const secretUid = 'SECRETUID77';
    await put(card('A1'));
    await owner.post('tokens/put', {
      token: card(secretUid, { visual_number: 'VN-SECRET', group_id: 'GROUPSECRET' }),
      settings: { expiresAt: '2030-01-01T00:00:00Z' },
    });
    await owner.post('tokens/block', { uid: secretUid, why: 'SECRETREASON' });
    await put(card('A3'));
    if (opened.contents) expect(await opened.contents()).toContain(secretUid);

    const erased = await owner.post('tokens/erase', { uid: secretUid.toLowerCase() });
    expect(erased).toMatchObject({ http: 200, data: { own: 1, received: 0 } });
    expect((await owner.get('tokens/get', { uid: secretUid })).http).toBe(404);
    const { data } = await owner.get('tokens/list');
    expect(data.total).toBe(3);
    expect((data.tokens as { uid: string }[]).map(({ uid }) => uid)).toEqual(['A1', expect.any(String), 'A3']);
    const kept = opened.contents ? await opened.contents() : JSON.stringify(data);
    expect(kept).not.toMatch(/secret/i);
    expect((await owner.post('tokens/erase', { uid: secretUid })).data).toEqual({ own: 0, received: 0, waiting: 0 });
    expect(platform.logged.join('\n')).not.toMatch(/secret/i);
  });
});
