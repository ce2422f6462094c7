/** Which received Tokens may be meant with a uid, and in which order. */
import { expect, test } from 'vitest';
import type { Token } from '../../../lib/ocpi/token.ts';
import { candidatesOf } from '../../../lib/tokens/received/candidates.ts';
import { token } from '../../support/builders.ts';

const stored = (data: Partial<Token>, arrived_at = '2026-01-31T12:00:00.000Z') => ({
  data: token({ uid: '0123', ...data }),
  revision: 'r',
  arrived_at,
});
const shown = (found: ReturnType<typeof stored>[], type?: string) =>
  candidatesOf(found, '0123', type).map(({ data, differsInZeros }) =>
    [data.party_id, data.type, data.uid, differsInZeros].join(' '),
  );

test('only those of the type that is named', () => {
  const found = [stored({}), stored({ type: 'APP_USER' })];
  expect(shown(found, 'APP_USER')).toEqual(['DMS APP_USER 0123 false']);
  expect(shown(found, 'EMAID')).toEqual([]);
});

test('without a type the cards, so that no other Token gets past the block of one (TOK-GET-03)', () => {
  const blocked = stored({ valid: false });
  expect(shown([stored({ type: 'APP_USER', party_id: 'OTH' }), blocked])).toEqual(['DMS RFID 0123 false']);
  expect(shown([stored({ type: 'APP_USER' }), stored({ type: 'OTHER' })])).toHaveLength(2);
});

test('first those spelt as asked, of these the one that came in last', () => {
  const found = [
    stored({ party_id: 'ZER', uid: '123' }, '2026-02-03T00:00:00.000Z'),
    stored({ party_id: 'OLD' }, '2026-02-01T00:00:00.000Z'),
    stored({ party_id: 'NEW' }, '2026-02-02T00:00:00.000Z'),
  ];
  expect(shown(found)).toEqual(['NEW RFID 0123 false', 'OLD RFID 0123 false', 'ZER RFID 123 true']);
});
