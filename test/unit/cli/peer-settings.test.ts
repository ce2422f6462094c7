import { expect, test } from 'vitest';
import { describeSettings, namedSettings } from '../../../lib/cli/peer-settings.ts';
import { listOptions, settingOptions } from '../../../lib/cli/setting-options.ts';
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
  hubParties: [dms],
  expectedParties: [dms],
  expectedRoles: ['EMSP', 'NSP'],
  ownParties: [dms],
  tokenTypes: ['RFID'],
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
      hubParty: ['DE', 'DMS'],
      expectedParty: ['DE-DMS'],
      expectedRole: ['emsp', 'NSP'],
      ownParty: ['de', 'dms'],
      tokenType: ['RFID'],
    }),
  ).toEqual(all);
  expect(describeSettings(all as PeerSettings)).not.toContain('default');
});

test('default takes a setting back, and --no-… a list', () => {
  const given = { authorizationEncoding: 'default', routingHeaders: 'default', timeout: 'default', hub: 'default' };
  const rest = { requiresTokens: 'default', nullDecoration: 'default' };
  const lists = {
    hubParties: false,
    expectedParties: false,
    expectedRoles: false,
    ownParties: false,
    tokenTypes: false,
  };
  const taken = Object.fromEntries(Object.keys(all).map((name) => [name, null]));
  expect(namedSettings({ ...given, ...rest, ...lists })).toEqual(taken);
  expect(describeSettings({}).match(/default: |none/g)).toHaveLength(11);
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
