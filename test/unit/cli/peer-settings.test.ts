import { expect, test } from 'vitest';
import { describeSettings, namedSettings } from '../../../lib/cli/peer-settings.ts';
import { keyOf, listOptions, settingOptions, severals, singles } from '../../../lib/cli/setting-options.ts';
import { entriesOf } from '../../../lib/ocpi/values.ts';
import { type PeerSettings, peerSettings } from '../../../lib/peers/settings.ts';

const dms = { country_code: 'DE', party_id: 'DMS' };
const all = {
  authorizationEncoding: 'raw',
  sendsRoutingHeaders: false,
  timeoutMs: 500,
  requiresTokensModule: false,
  sendsNullDecoration: true,
  isHub: true,
  rotateEveryDays: 30,
  incomingPerSecond: 200,
  hubParties: [dms],
  expectedParties: [dms],
  expectedRoles: ['EMSP', 'NSP'],
  ownParties: [dms],
  tokenTypes: ['RFID'],
  pushes: false,
  sendsNullMembers: true,
  sendsTokenType: true,
  addressesHub: true,
  pushesAtOnce: 2,
  pushesPerSecond: 5,
  pulls: true,
  pullEveryMinutes: 15,
  pullAllEveryDays: 7,
  pullLimit: 100,
  pullMissing: 'invalidate',
  askUnknown: 1,
  decidesAllowed: 'peer',
  demandsLocation: 'one-evse',
  remembersAnswerSeconds: 60,
  ignoresLeadingZeros: true,
  hasOwnMetrics: true,
  pullParties: [dms],
  ownersByIssuer: [{ issuer: 'Good=Charging', ...dms }],
};

test('each option sets its setting', () => {
  expect(
    namedSettings({
      authorizationEncoding: 'raw',
      routingHeaders: 'no',
      timeout: 500,
      requiresTokens: 'no',
      nullDecoration: 'yes',
      hub: 'yes',
      rotateEvery: 30,
      incomingPerSecond: 200,
      hubParty: ['DE', 'DMS'],
      expectedParty: ['DE-DMS'],
      expectedRole: ['emsp', 'NSP'],
      ownParty: ['de', 'dms'],
      tokenType: ['RFID'],
      pushes: 'no',
      nullMembers: 'yes',
      tokenTypeToo: 'yes',
      addressesHub: 'yes',
      pushesAtOnce: 2,
      pushesPerSecond: 5,
      pulls: 'yes',
      pullEvery: 15,
      pullAllEvery: 7,
      pullLimit: 100,
      pullMissing: 'invalidate',
      askUnknown: 1,
      decidesAllowed: 'peer',
      demandsLocation: 'one-evse',
      rememberAnswers: 60,
      ignoreZeros: 'yes',
      ownMetrics: 'yes',
      pullParty: ['DE', 'DMS'],
      ownerByIssuer: ['Good=Charging=DE DMS'],
    }),
  ).toEqual(all);
  expect(describeSettings(all as PeerSettings)).not.toContain('default');
});

test.each(['Good', '=DE DMS', 'Good=DE', 'Good=DE DMS NL LMS'])(
  'refuses %s as whose the Tokens of an issuer are',
  (word) => {
    expect(() => namedSettings({ ownerByIssuer: [word] })).toThrow(/is not (like|a party)/);
  },
);

test('default takes a setting back, and --no-… a list', () => {
  const given = Object.fromEntries(singles.map(({ flag }) => [keyOf(flag), 'default']));
  const lists = Object.fromEntries(severals.map(({ none }) => [keyOf(none), false]));
  const taken = Object.fromEntries(Object.keys(all).map((name) => [name, null]));
  expect(namedSettings({ ...given, ...lists })).toEqual(taken);
  expect(describeSettings({}).match(/default: |none/g)).toHaveLength(32);
});

test('what is not named stays, and commander says true of a list that nobody named', () => {
  expect(namedSettings({ profile: 'gireve', hubParties: true, expectedParties: true })).toEqual({});
  expect(namedSettings({ routingHeaders: 'yes' })).toEqual({ sendsRoutingHeaders: true });
});

test('every setting of the API has a row, and every row its options', () => {
  expect(describeSettings({}).split('\n')).toHaveLength(Object.keys(entriesOf(peerSettings)).length);
  const flags = [...settingOptions(['default']), ...listOptions].map(({ flags }) => flags.split(' ')[0]);
  for (const [row = ''] of describeSettings({}).matchAll(/^--[\w-]+/gm)) expect(flags).toContain(row);
});
