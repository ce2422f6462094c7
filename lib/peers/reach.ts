/** For whose Tokens a peer speaks. */
import type { Backend, CredentialsCall } from '../crud/crud.ts';
import { sameParty } from '../ocpi/values.ts';
import type { PartyId } from '../ocpi/versions.ts';
import { isAmong, type PeerAccess } from './access.ts';
import { tokensClaimOf } from './claims.ts';
import { isListed } from './listed.ts';
import { maySpeakForTokens } from './peer.ts';

/**
 * Whether the peer may push Tokens of this party: it announced the party, and not merely as a charge point operator (COO-06); or
 * it is a hub that the operator lets speak for the party, or that lists it while nobody speaks for it directly (COO-07). Only
 * the last takes reads, two of them.
 * @param call what each call of the request carries
 */
export async function ownsTokensOf(
  { records, credentials }: Pick<Backend, 'records' | 'credentials'>,
  call: CredentialsCall,
  { roles, hub }: PeerAccess,
  party: PartyId,
): Promise<boolean> {
  if (!hub) return roles.some((entry) => maySpeakForTokens(entry.role) && sameParty(entry, party));
  if (isAmong(hub.parties, party)) return true;
  if (!hub.listed || !(await isListed(records, hub.listed, party))) return false;
  const [holder] = await credentials.claimHolders({ ...call, claims: [tokensClaimOf(party)] });
  return holder === undefined;
}
