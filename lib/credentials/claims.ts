/** Which parties a platform may speak for. OCPI authenticates platforms and not the parties behind them, so this is ours to check (TRN-14). */
import type { Config } from '../config.ts';
import { invalid } from '../errors.ts';
import type { Credentials, CredentialsRole, PartnerRole } from '../ocpi/credentials.ts';
import { fold } from '../ocpi/values.ts';
import type { PartyId } from '../ocpi/versions.ts';
import { maySpeakForTokens, type Peer } from '../peers/peer.ts';

const partyName = ({ country_code, party_id }: PartyId): string => fold(`${country_code} ${party_id}`);

/**
 * One company may be CPO here and eMSP there, on two platforms or, in 2.1.1, in two connections (VER-08). All roles that may push
 * Tokens of a party are one and the same claim.
 */
const claimOf = (entry: PartyId & { role: PartnerRole }): string =>
  `${maySpeakForTokens(entry.role) ? 'EMSP' : entry.role} ${partyName(entry)}`;

/**
 * A hub of 2.3.0 lists everybody whom it reaches, us and other peers among them (CRED-04). Of a peer that the operator knows as a
 * hub those roles are left out, and what it lists keeps nobody from connecting directly (COO-07); anybody else is refused for the
 * first of them.
 * @param others all other peers
 * @throws 2001 for a party of ours in the same role; for one that the operator does not expect, if he has said whom he expects; and else for one
 * that another peer speaks for
 */
export function withRightfulRoles(
  credentials: Credentials,
  peer: Peer,
  others: readonly Peer[],
  config: Config,
): Credentials {
  const ours = new Set(config.parties.map(claimOf));
  const direct = others.filter(({ settings }) => !settings?.isHub);
  const spokenFor = new Set(direct.flatMap(({ roles }) => roles.map(claimOf)));
  const expected = peer.settings?.expectedParties && new Set(peer.settings.expectedParties.map(partyName));

  function objection(entry: CredentialsRole): string | undefined {
    if (ours.has(claimOf(entry))) return 'which is a party of ours';
    if (expected) return expected.has(partyName(entry)) ? undefined : 'which was not agreed on';
    return spokenFor.has(claimOf(entry)) ? 'which another connection speaks for' : undefined;
  }

  const roles = credentials.roles.filter((entry) => {
    const reason = objection(entry);
    if (reason && !peer.settings?.isHub) {
      throw invalid(`roles should not hold ${entry.role} ${partyName(entry)}, ${reason}`);
    }
    return !reason;
  });
  return { ...credentials, roles };
}
