/** OCPI-to and OCPI-from: accepted, never demanded, and swapped in the answer (RTE-01 to RTE-05, RTE-15, RTE-17). */
import { invalid, quote } from '../../../errors.ts';
import { sameParty } from '../../../ocpi/values.ts';
import { type PartyId, partiesOf, type Role } from '../../../ocpi/versions.ts';
import { partiesForPeer } from '../../../peers/access.ts';
import type { BareRuntime } from '../../../runtime/runtime.ts';
import { strangerAddressed } from '../../../telemetry/events.ts';
import type { Middleware } from '../../chain.ts';
import type { Event } from '../../request.ts';
import type { Authenticated, Identified, Routed, Routing, Versioned } from '../request.ts';

/** No party's part is as long; what is would come back in our answer. */
const longestPart = 36;

/** @returns undefined unless both of the two headers say something */
function partyIn(headers: Event['headers'], direction: 'to' | 'from'): PartyId | undefined {
  const country_code = headers[`ocpi-${direction}-country-code`];
  const party_id = headers[`ocpi-${direction}-party-id`];
  if (!country_code || !party_id) return undefined;
  return country_code.length > longestPart || party_id.length > longestPart ? undefined : { country_code, party_id };
}

/**
 * Which of our parties of this role a request is about. A party of ours is us in whatever role: clients take the first that we
 * announced. One that is none of ours, as the caller's own that some send, is taken as not said as long as only one of ours can
 * be meant.
 * @throws 2001 where several could be: 4001 is a hub's answer, and we are none (RTE-15)
 */
export function routing(
  { config, log }: BareRuntime,
  role: Role,
): Middleware<Identified & Versioned & Authenticated, Routed> {
  const ofRole = partiesOf(config, role);
  const isOurs = (party: PartyId) => config.parties.some((own) => sameParty(own, party));

  function route(to: PartyId | undefined, from: PartyId | undefined, open: readonly PartyId[]): Routed | undefined {
    const self = open.length === 1 ? open[0] : undefined;
    if (!to) return { routing: from && { from, to, self }, addressees: open };
    if (!isOurs(to)) return undefined;
    const isNamed = ofRole.some((own) => sameParty(own, to));
    return {
      routing: { from, to, self: to },
      addressees: isNamed ? open.filter((own) => sameParty(own, to)) : open,
    };
  }

  return {
    before({ wire, access, ids: { requestId } }, { headers }) {
      const open = role === 'EMSP' ? partiesForPeer(config, access, wire) : ofRole;
      // A 2.1.1 connection is about one party, the first of the role (CRED-01).
      if (!wire.hasRoutingHeaders) return { routing: undefined, addressees: open.slice(0, 1) };

      const to = partyIn(headers, 'to');
      const from = partyIn(headers, 'from');
      const routed = route(to, from, open);
      if (routed) return routed;

      const party = to ? quote(`${to.country_code} ${to.party_id}`) : '';
      if (open.length > 1) throw invalid(`OCPI-to names ${party}, which is no party of this platform`);
      strangerAddressed(log, { peer: access.id, party, requestId });
      return { routing: from && { from, to: undefined, self: open[0] }, addressees: open };
    },
  };
}

/** The headers of the answer; none to a request that had none, because two single parties need none (RTE-04). */
export const routingHeaders = ({ from, self }: Routing): Record<string, string> => ({
  ...(from && { 'OCPI-to-country-code': from.country_code, 'OCPI-to-party-id': from.party_id }),
  ...(self && { 'OCPI-from-country-code': self.country_code, 'OCPI-from-party-id': self.party_id }),
});
