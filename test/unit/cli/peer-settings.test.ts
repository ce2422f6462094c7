import { expect, test } from 'vitest';
import { changedSettings, describeSettings } from '../../../lib/cli/peer-settings.ts';

const dms = { country_code: 'DE', party_id: 'DMS' };

test('each option sets its setting, and default takes it back', () => {
  const all = changedSettings(
    {},
    {
      authorizationEncoding: 'raw',
      routingHeaders: 'no',
      timeout: 500,
      requiresTokens: 'no',
      hub: 'yes',
      hubParty: ['DE', 'DMS'],
      expectedParty: ['DE-DMS'],
    },
  );
  expect(all).toEqual({
    authorizationEncoding: 'raw',
    sendsRoutingHeaders: false,
    timeoutMs: 500,
    requiresTokensModule: false,
    isHub: true,
    hubParties: [dms],
    expectedParties: [dms],
  });
  expect(describeSettings(all)).not.toContain('default');
  const none = changedSettings(all, {
    authorizationEncoding: 'default',
    routingHeaders: 'default',
    timeout: 'default',
    requiresTokens: 'default',
    hub: 'default',
    hubParties: false,
    expectedParties: false,
  });
  expect(none).toEqual({});
  expect(describeSettings(none).match(/default: |none/g)).toHaveLength(7);
});

test('what is not named stays; a profile comes first', () => {
  const before = { hubParties: [dms], timeoutMs: 500 };
  expect(changedSettings(before, {})).toEqual(before);
  expect(changedSettings(before, { profile: 'gireve', authorizationEncoding: 'base64' })).toEqual({
    hubParties: [dms],
    timeoutMs: 10_000,
    authorizationEncoding: 'base64',
  });
  expect(changedSettings({}, { routingHeaders: 'yes' })).toEqual({ sendsRoutingHeaders: true });
});

test('what the schema of the settings refuses is wrong usage', () => {
  const outOfRange = () => changedSettings({}, { timeout: 20_001 });
  expect(outOfRange).toThrow(expect.objectContaining({ exitCode: 2, message: expect.stringContaining('timeoutMs') }));
});
