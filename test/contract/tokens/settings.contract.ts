/** Tokens: what is kept beside them. */
import { describe, expect, it } from 'vitest';
import type { TokenSettings } from '../../../lib/tokens/settings.ts';
import { addressOf, ownCreation, ownToken, receivedUpdate, token } from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import { outcomeOf, spoil } from '../support.ts';
import { createOwn, listPage, read, readOwn, receive, tokensOf, updateOwn } from './support.ts';

const everySetting: TokenSettings = {
  expiresAt: '2027-01-01T00:00:00.000Z',
  hasNoCredit: true,
  needsLocation: false,
  allowedLocations: [{ location_id: 'LOC1', evse_uids: ['E1', 'e2'] }, { location_id: 'loc/2' }],
  blocked: true,
  block: { why: 'stolen', info: [{ language: 'en', text: 'Łódź 電気 🔌' }] },
  source: { valid: true, last_updated: '2026-01-31T12:00:00.123Z' },
};

/** A storage does not know what settings there will be. */
const anyJson = {
  nothing: null,
  '': '',
  empty: {},
  none: [],
  number: -0.5,
  nested: [[{ 'a.b': [1, 'two', false, null] }], []],
  'key with # / \\ " and 電': 'value',
} as TokenSettings;

export function settingsContract(opened: () => OpenedStorage): void {
  describe('tokens: what is kept beside them', () => {
    it.each([
      ['none', {}],
      ['every setting', everySetting],
      ['any JSON', anyJson],
    ])('keeps %s of an own Token as it was written', async (_, settings) => {
      const { tokens, ours } = tokensOf(opened());
      await tokens.create(ownCreation(ownToken(ours), settings));
      expect((await readOwn(tokens, ownToken(ours))).settings).toStrictEqual(settings);

      await updateOwn(tokens, ownToken(ours), { needsLocation: true });
      await updateOwn(tokens, ownToken(ours), settings);
      const stored = await readOwn(tokens, ownToken(ours));
      expect(stored).toStrictEqual({ data: ownToken(ours), settings, revision: stored.revision });
    });

    it('replaces settings as a whole, and the Token alone leaves none of them', async () => {
      const { tokens, ours } = tokensOf(opened());
      await tokens.create(ownCreation(ownToken(ours), everySetting));
      await updateOwn(tokens, ownToken(ours), { block: { why: 'lost' } });
      expect((await readOwn(tokens, ownToken(ours))).settings).toStrictEqual({ block: { why: 'lost' } });
      await updateOwn(tokens, ownToken(ours), {});
      expect((await readOwn(tokens, ownToken(ours))).settings).toStrictEqual({});
    });

    it('keeps the settings of each Token apart', async () => {
      const { tokens, ours } = tokensOf(opened());
      const [card, app] = [ownToken(ours), ownToken(ours, { type: 'APP_USER' })];
      await tokens.create(ownCreation(card, { blocked: true }));
      await tokens.create(ownCreation(app, { hasNoCredit: true }));
      expect((await readOwn(tokens, card)).settings).toStrictEqual({ blocked: true });
      expect((await readOwn(tokens, app)).settings).toStrictEqual({ hasNoCredit: true });
    });

    it('changes nothing beside a Token when the write is refused', async () => {
      const { tokens, ours } = tokensOf(opened());
      await tokens.create(ownCreation(ownToken(ours), { blocked: true }));
      expect(await outcomeOf(tokens.create(ownCreation(ownToken(ours), {})))).toBe('already-exists');
      expect((await readOwn(tokens, ownToken(ours))).settings).toStrictEqual({ blocked: true });
    });

    it('shares no settings with its caller', async () => {
      const { tokens, ours } = tokensOf(opened());
      const given = structuredClone(everySetting);
      const change = (settings: TokenSettings | undefined) => {
        if (settings?.block) settings.block.why = 'spoilt';
      };
      await tokens.create(ownCreation(ownToken(ours), given));
      spoil(given, change);
      spoil((await readOwn(tokens, ownToken(ours))).settings, change);
      spoil((await listPage(tokens, ours, {}, 0, 1)).items[0]?.settings, change);
      expect((await readOwn(tokens, ownToken(ours))).settings).toStrictEqual(everySetting);
    });

    it('has no settings of a received Token, and no arrival of an own one', async () => {
      const { tokens, ours } = tokensOf(opened());
      await receive(tokens, token());
      await createOwn(tokens, [ownToken(ours)]);
      expect(await read(tokens, addressOf(token()))).not.toHaveProperty('settings');
      expect(await readOwn(tokens, ownToken(ours))).not.toHaveProperty('arrived_at');
    });

    it('says when a received Token last came in', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, token(), '2026-02-01T00:00:00.001Z');
      const { revision, arrived_at } = await read(tokens, addressOf(token()));
      expect(arrived_at).toBe('2026-02-01T00:00:00.001Z');
      await tokens.update(receivedUpdate(token(), revision, '2026-01-01T00:00:00.000Z'));
      expect((await read(tokens, addressOf(token()))).arrived_at).toBe('2026-01-01T00:00:00.000Z');
    });
  });
}
