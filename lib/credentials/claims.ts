/** Which parties a platform may speak for. OCPI authenticates platforms and not the parties behind them, so this is ours to check (TRN-14). */
import type { Config } from '../config.ts';
import { invalid } from '../errors.ts';
import type { Credentials } from '../ocpi/credentials.ts';
import { fold } from '../ocpi/values.ts';
import type { PartyId } from '../ocpi/versions.ts';
import type { Peer } from '../peers/peer.ts';

const nameOf = ({ country_code, party_id }: PartyId): string => fold(`${country_code} ${party_id}`);

/**
 * A hub of 2.3.0 lists everybody whom it reaches, us and other peers among them: those roles are left out, because they are not
 * the hub's to speak for (CRED-04, COO-07). Anybody else is refused for the first one.
 * @param others all other peers
 * @throws 2001 for a party of ours; for one that the operator does not expect, if he has said whom he expects; and else for one
 * that another peer speaks for
 */
export function withRightfulRoles(
  credentials: Credentials,
  peer: Peer,
  others: readonly Peer[],
  config: Config,
): Credentials {
  const ours = new Set(config.parties.map(nameOf));
  const spokenFor = new Set(others.flatMap(({ roles }) => roles.map(nameOf)));
  const expected = peer.settings?.expectedParties && new Set(peer.settings.expectedParties.map(nameOf));

  function objection(party: string): string | undefined {
    if (ours.has(party)) return 'which is a party of ours';
    if (expected) return expected.has(party) ? undefined : 'which was not agreed on';
    return spokenFor.has(party) ? 'which another connection speaks for' : undefined;
  }

  const roles = credentials.roles.filter((role) => {
    const name = nameOf(role);
    const reason = objection(name);
    if (reason && credentials.hub_party_id === undefined) throw invalid(`roles should not hold ${name}, ${reason}`);
    return !reason;
  });
  return { ...credentials, roles };
}
