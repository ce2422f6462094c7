/** The commands on peers that need no partner, against the real API of the owner's. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { profiles } from '../../lib/peers/profiles.ts';
import { type OwnerCli, startOwnerCli } from '../support/owner-cli.ts';

let owner: OwnerCli;
beforeEach(async () => {
  owner = await startOwnerCli();
});
afterEach(() => owner.stop());

const dms = { role: 'EMSP', country_code: 'DE', party_id: 'DMS' };

describe('peers added by hand', () => {
  test('add shows the token once, and no other command shows it, nor its hash', async () => {
    const { code, out } = await owner.cli(['peers', 'add', '--role', 'EMSP', '--party', 'DE', 'DMS']);
    expect(code).toBe(0);
    expect(out).toMatch(/^Added de-dms \(EMSP DE DMS\), OCPI 2\.2\.1\.\n/);
    const [, secret = ''] = /^ {2}([\w-]{43})$/m.exec(out) ?? [];
    expect(out).toContain(`Authorization: Token ${Buffer.from(secret).toString('base64')} `);
    expect(out).toContain(`Authorization: Token ${secret} `);
    const before = owner.printed().length;

    const peer = {
      id: 'de-dms',
      state: 'by hand',
      version: '2.2.1',
      roles: [dms],
      isHub: false,
      tokens: [{ purpose: 'in use' }],
      settings: { expectedRoles: ['EMSP'] },
      advice: [],
    };
    expect(await owner.answerOf('peers', 'list')).toEqual({ peers: [peer] });
    expect(await owner.answerOf('peers', 'show', 'de-dms')).toEqual({ peer });
    expect((await owner.cli(['peers', 'show', 'de-dms'])).out).toContain('EMSP DE DMS');
    expect((await owner.cli(['peers', 'list'])).out).toMatch(/^ID +STATE .*\nde-dms +by hand +2\.2\.1 +EMSP DE DMS\n$/);
    expect(await owner.cli(['peers', 'add', '--role', 'EMSP', '--party', 'DE', 'DMS'])).toMatchObject({
      code: 1,
      err: 'error: There is a peer de-dms already\n',
    });
    expect((await owner.cli(['peers', 'remove', 'de-dms'])).out).toBe(
      'Removed de-dms (EMSP DE DMS). Its requests are refused from now on; the Tokens that it pushed stay.\n',
    );
    expect(await owner.answerOf('peers', 'list')).toEqual({ peers: [] });

    const sha256 = createHash('sha256').update(secret).digest('hex');
    expect(secret).toHaveLength(43);
    for (const hidden of [secret, Buffer.from(secret).toString('base64'), sha256]) {
      expect(owner.printed().slice(before)).not.toContain(hidden);
    }
  });

  test('a given token comes from the command line or from standard input', async () => {
    const given = await owner.answerOf('peers', 'add', '--role', 'CPO', '--party', 'FR', 'DCP', '--token', 'tok-1');
    expect(given).toMatchObject({ token: 'tok-1', authorization: { base64: 'Token dG9rLTE=', raw: 'Token tok-1' } });
    const args = ['peers', 'add', '--party', 'HUB', 'NL', 'HUB', '--id', 'hub', '--token', '-'];
    expect(await owner.answerTo('tok-2\n', ...args)).toMatchObject({
      token: 'tok-2',
      peer: { id: 'hub', isHub: true },
    });
    const twice = ['peers', 'add', '--role', 'CPO', '--party', 'FR', 'ABC', '--token', 'tok-1'];
    expect(await owner.cli(twice)).toMatchObject({ code: 1, err: 'error: Another peer has this token\n' });
  });

  test('one that is not there is exit code 1, one that cannot be 2', async () => {
    for (const command of ['show', 'remove', 'settings', 'rotate', 'upgrade', 'unregister']) {
      expect(await owner.cli(['peers', command, 'nobody'])).toEqual({
        code: 1,
        out: '',
        err: 'error: There is no peer nobody\n',
      });
      expect(await owner.cli(['peers', command, 'a b'])).toMatchObject({
        code: 2,
        err: expect.stringMatching(/^error: id should be 1 to 64 letters.*"a b"\n$/),
      });
    }
  });
});

describe('invitations', () => {
  test('show what to send, and keep what is expected of the partner', async () => {
    const args = ['peers', 'invite', 'acme', '--party', 'DE', 'ABC', '--role', 'EMSP', '--role', 'nsp', '--days', '2'];
    const { code, out } = await owner.cli([...args, '--profile', 'py_ocpi', '--timeout', '500']);
    expect(code).toBe(0);
    const { publicUrl } = owner.runtime.config;
    expect(out).toMatch(/^Invited acme\. Send this to the partner over a safe channel; it is shown this once:\n/);
    expect(out).toMatch(
      new RegExp(`^ {2}Versions URL +${publicUrl}/ocpi/versions +\\(OCPI 2\\.2\\.1 and 2\\.3\\.0\\)$`, 'm'),
    );
    expect(out).toMatch(
      new RegExp(`^ +${publicUrl}/ocpi/cpo/versions +\\(OCPI 2\\.1\\.1, if they are the EMSP\\)$`, 'm'),
    );
    expect(out).toMatch(/^ {2}Token A +[\w-]{43}$/m);
    expect(out).toMatch(/^It is good for one registration, until \S+\.$/m);
    expect(out).toMatch(/^Agreed on: EMSP and NSP, of DE ABC\. What else it announces counts for nothing\.$/m);
    expect(out).toMatch(/^As NSP IT READS OUR TOKENS\. .* peers settings acme --expected-role EMSP$/m);
    const { peer } = await owner.answerOf('peers', 'show', 'acme');
    expect(peer).toMatchObject({ state: 'invited', tokens: [{ purpose: 'invitation' }] });
    expect(peer.settings).toEqual({
      sendsRoutingHeaders: false,
      timeoutMs: 500,
      sendsNullDecoration: true,
      sendsNullMembers: true,
      sendsTokenType: true,
      expectedParties: [{ country_code: 'DE', party_id: 'ABC' }],
      expectedRoles: ['EMSP', 'NSP'],
    });
    const days = (Date.parse(peer.tokens[0].expiresAt) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(2);
  });

  test('are by default for an eMSP, in every version', async () => {
    const { out } = await owner.cli(['peers', 'invite', 'acme']);
    expect(out).toMatch(/^Agreed on: EMSP, of any party that is nobody else’s\./m);
    expect(out).toMatch(/^It reads none of our Tokens; a CPO does: peers settings acme --expected-role CPO$/m);
    expect(out).not.toContain('/ocpi/emsp/versions');
    const hub = (await owner.cli(['peers', 'invite', 'a-hub', '--hub', 'yes'])).out;
    expect(hub).toMatch(/^Agreed on: a hub, .*\nAs a hub IT READS OUR TOKENS\..* peers settings a-hub --own-party$/m);
    expect(hub).toMatch(/^Agreed on: .* pushes Tokens of any party that it lists and that is nobody else’s\.$/m);
    expect(hub).toContain('/ocpi/emsp/versions');
    const parties = ['--hub-party', 'DE', 'ABC', '--hub-party', 'FR', 'DEF', '--party', 'NL', 'GHI'];
    const another = (await owner.cli(['peers', 'invite', 'another', '--hub', 'yes', ...parties])).out;
    // Nobody else’s: a Token of whoever is neither set nor listed is refused (COO-07).
    expect(another).toMatch(/^Agreed on: .* Tokens of DE ABC, FR DEF, and of NL GHI where it lists them\.$/m);
  });

  test('are not rotated, and say why not', async () => {
    await owner.answerOf('peers', 'invite', 'acme');
    expect(await owner.cli(['peers', 'rotate', 'acme'])).toMatchObject({
      code: 1,
      err: 'error: acme is not registered: it has been invited. To withdraw that remove it\n',
    });
  });

  test('for a role that we have not are wrong usage', async () => {
    const cpo = await startOwnerCli('CPO NL AAA');
    expect(await cpo.cli(['peers', 'invite', 'acme', '--as', 'EMSP'])).toMatchObject({
      code: 2,
      err: 'error: We have no EMSP party\n',
    });
    await cpo.stop();
  });
});

describe('settings', () => {
  test('are kept by name, changed by what is named, and taken back', async () => {
    await owner.answerOf('peers', 'invite', 'acme');
    const set = (...args: string[]) => owner.answerOf('peers', 'settings', 'acme', ...args);
    const byDefault = { expectedRoles: ['EMSP'] };
    expect(await set()).toEqual({ id: 'acme', settings: byDefault });
    const named = ['--authorization-encoding', 'base64', '--timeout', '10000', '--hub-party', 'DE', 'ABC'];
    expect(await set('--profile', 'py_ocpi', ...named)).toEqual({
      id: 'acme',
      settings: {
        ...profiles.py_ocpi,
        authorizationEncoding: 'base64',
        timeoutMs: 10_000,
        hubParties: [{ country_code: 'DE', party_id: 'ABC' }],
        ...byDefault,
      },
    });
    expect((await set('--timeout', 'default', '--no-hub-parties', '--own-party', 'NL', 'LMS')).settings).toEqual({
      ...profiles.py_ocpi,
      authorizationEncoding: 'base64',
      ...byDefault,
      ownParties: [{ country_code: 'NL', party_id: 'LMS' }],
    });
    expect((await owner.cli(['peers', 'settings', 'acme'])).out).toMatch(
      /^--authorization-encoding +base64\n--routing-headers +no\n--timeout +default: 8000\n/,
    );
  });
});
