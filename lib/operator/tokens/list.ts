import { ownTokensCall } from '../../crud/calls.ts';
import { partiesOf } from '../../ocpi/versions.ts';
import { listOwn, type Place } from '../../tokens/own/list.ts';
import { asSeenAt } from '../../tokens/own/publish.ts';
import type { listOwnTokens } from '../api/tokens.ts';
import { packCursor, unpackCursor } from '../cursor.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { ownerOf } from './own-token.ts';

const usualLimit = 100;

/** What a cursor holds: the place, its offset for a storage that has no places, and when the walk began. */
interface Walk {
  offset: number;
  place?: Place;
  walkBegan: string;
}

/** Our Tokens in order of creation, of one party of ours or of all. */
export const list: Run<typeof listOwnTokens, TokensRuntime> = async (input, { backend, config, now }) => {
  const { party, date_from, date_to, limit = usualLimit, backup = false } = input;
  const parties = party ? [ownerOf(config, party)] : partiesOf(config, 'EMSP');
  const begun: Walk = { offset: input.offset ?? 0, walkBegan: now().toISOString() };
  const { offset, place, walkBegan } = input.after === undefined ? begun : unpackCursor<Walk>(input.after);
  const filters = { date_from, date_to, offset, limit };
  const page = await listOwn(backend.tokens, { call: ownTokensCall, parties, filters, after: place });
  const next: Walk = { offset: offset + page.items.length, walkBegan, ...(page.next && { place: page.next }) };
  const tokens = page.items.map(({ data }) => (backup ? data : asSeenAt(data, walkBegan)));
  const beside = backup && { beside: page.items.map(({ settings = {} }) => settings) };
  return { tokens, ...beside, total: page.total, ...(!page.isLast && { next: packCursor(next) }) };
};
