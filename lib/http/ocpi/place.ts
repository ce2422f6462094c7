/** A place in a list as it stands in a Link. Whoever follows the Link gives it back; nobody is to read anything out of it. */
import { hash } from 'node:crypto';
import type { TokenFilters } from '../../crud/crud.ts';
import { invalid } from '../../errors.ts';
import { fold } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import type { Place } from '../../tokens/own/list.ts';

/** What a place is in: it means nothing in another list, or at another offset of the same. */
export interface Scope {
  filters: Pick<TokenFilters, 'date_from' | 'date_to' | 'offset'>;
  parties: readonly PartyId[];
}

const markLength = 12;
/** The mark of its scope, the party, how many Tokens each party has, and the storage's own place if it is within a party's list. */
const pattern = /^([\w-]{12})\.(\d{1,4})\.(\d{1,15}(?:-\d{1,15}){0,999})(?:\.([\x20-\x7e]{1,400}))?$/;

const markOf = ({ filters: { date_from, date_to, offset }, parties }: Scope): string => {
  const names = parties.map(({ country_code, party_id }) => fold(`${country_code} ${party_id}`));
  return hash('sha256', JSON.stringify([date_from, date_to, offset, names]), 'base64url').slice(0, markLength);
};

export const writePlace = ({ party, totals, next }: Place, scope: Scope): string =>
  `${markOf(scope)}.${party}.${totals.join('-')}${next === undefined ? '' : `.${next}`}`;

/**
 * @returns undefined for the place of another list or offset: then the offset counts
 * @throws 2001 for what is no place at all
 */
export function readPlace(text: string, scope: Scope): Place | undefined {
  const [, mark, party, counts, next] = pattern.exec(text) ?? [];
  if (mark === undefined) throw invalid('after should be as in the Link of a page, but was not');
  if (mark !== markOf(scope)) return undefined;
  const place = { party: Number(party), totals: (counts ?? '').split('-').map(Number), next };
  const isPossible = place.party < scope.parties.length && place.totals.length === scope.parties.length;
  if (!isPossible) throw invalid('after should be as in the Link of a page, but was not');
  return place;
}
