/** `may-charge`: what the command line says of a card, and how it ends. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Token } from '../../lib/ocpi/token.ts';
import { receivedCreation, token } from '../support/builders.ts';
import { connectEmsp, type OddEmsp, startOddEmsp } from '../support/odd-emsp.ts';
import { type OwnerCli, startOwnerCli } from '../support/owner-cli.ts';

let owner: OwnerCli;
let emsp: OddEmsp;

beforeEach(async () => {
  owner = await startOwnerCli();
  emsp = await startOddEmsp();
  const party = { country_code: 'DE', party_id: 'DMS' };
  await connectEmsp(owner, { id: 'dms', party, url: emsp.url });
});
afterEach(async () => {
  emsp.stop();
  await owner.stop();
});

const hold = (more: Partial<Token>) =>
  owner.runtime.backend.tokens.create(receivedCreation(token({ uid: 'CARD', ...more })));

test('ends with 0 for a card that may charge, and says why', async () => {
  await hold({ whitelist: 'ALWAYS' });
  expect(await owner.cli(['may-charge', 'card'])).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringMatching(/^It may charge\. It is ours to decide, .*ALWAYS.*\n\nsource +copy\nowner +DE DMS\n/),
  });
  expect(await owner.answerOf('may-charge', 'card')).toMatchObject({ allowed: true, source: 'copy', asked: [] });
});

test('ends with 1 for one that may not, with who said so', async () => {
  await hold({ whitelist: 'NEVER' });
  emsp.answer = () => ({ data: { allowed: 'BLOCKED', info: { language: 'en', text: 'Please call us' } } });
  const place = ['--location', 'LOC1', '--evse', 'E1', '--evse', 'E2', '--patience', '1000'];
  const { code, out, err } = await owner.cli(['may-charge', 'CARD', ...place]);
  expect({ code, err }).toEqual({ code: 1, err: 'error: CARD may not charge\n' });
  expect(out).toMatch(/^It may not charge\. dms says BLOCKED\.\n/);
  expect(out).toMatch(/^info +Please call us$/m);
  expect(out).toMatch(/^dms +BLOCKED +\d+ ms$/m);
  expect(JSON.parse(emsp.seen[0]?.body ?? '')).toEqual({ location_id: 'LOC1', evse_uids: ['E1', 'E2'] });
  const json = JSON.parse((await owner.cli(['may-charge', 'CARD', '--json'])).out);
  expect(json).toMatchObject({ allowed: false, error: { exitCode: 1 } });
});

test('ends with 2 if it is not said where an EVSE is, or whose the question is not ours', async () => {
  expect(await owner.cli(['may-charge', 'CARD', '--evse', 'E1'])).toMatchObject({
    code: 2,
    err: 'error: --location is missing: where is that?\n',
  });
  expect(await owner.cli(['may-charge', 'CARD', '--party', 'NL', 'XXX'])).toMatchObject({
    code: 2,
    err: 'error: NL XXX is no CPO party of ours\n',
  });
});
