/** What peers can see of a write of ours. */
import type { Token } from '../ocpi/token.ts';
import { isPlaceholder } from '../tokens/own/erase.ts';
import type { Changed } from './wake.ts';

type Seen = Pick<
  Token,
  'country_code' | 'party_id' | 'uid' | 'type' | 'contract_id' | 'issuer' | 'valid' | 'last_updated'
>;

/** @returns undefined if it kept its date, as what only we can see does, and of what is left of an erased Token */
export function changedBy(before: Pick<Seen, 'valid' | 'last_updated'> | undefined, after: Seen): Changed | undefined {
  const { country_code, party_id, uid, type, valid, last_updated: stamp } = after;
  if (stamp === before?.last_updated || isPlaceholder(after)) return undefined;
  return { country_code, party_id, uid, type, stamp, becameInvalid: before?.valid === true && !valid };
}
