/** OCPI-to and OCPI-from: accepted, never demanded, and swapped in the answer (RTE-01 to RTE-05, RTE-15, RTE-17). */
import type { APIGatewayProxyEventHeaders } from 'aws-lambda';
import { partiesOf } from '../../config.ts';
import { invalid } from '../../errors.ts';
import { sameParty } from '../../ocpi/values.ts';
import type { PartyId, Role } from '../../ocpi/versions.ts';
import type { BareRuntime } from '../../runtime.ts';
import type { Middleware, Routing } from '../request.ts';

function partyIn(headers: APIGatewayProxyEventHeaders, direction: 'to' | 'from'): PartyId | undefined {
  const country_code = headers[`ocpi-${direction}-country-code`];
  const party_id = headers[`ocpi-${direction}-party-id`];
  return country_code && party_id ? { country_code, party_id } : undefined;
}

/** @throws 2001 for a party that is none of ours: 4001 is a hub's answer, and we are none (RTE-15) */
export const routing = ({ config }: BareRuntime, role: Role): Middleware => ({
  before: ({ event: { headers }, context: { ocpi } }) => {
    const own = partiesOf(config, role).map(({ country_code, party_id }) => ({ country_code, party_id }));
    if (!ocpi.wire?.hasRoutingHeaders) {
      // A 2.1.1 connection is about one party, the first of the role, and its Tokens name no owner (CRED-01, TOK-LIST-07).
      if (own.length > 1) [ocpi.addressee] = own;
      return;
    }
    const from = partyIn(headers, 'from');
    const to = partyIn(headers, 'to');
    if (to && !own.some((party) => sameParty(party, to))) {
      throw invalid(`OCPI-to names ${to.country_code} ${to.party_id}, which is no ${role} of this platform`);
    }
    ocpi.addressee = to;
    ocpi.routing = { from, to, self: to ?? (own.length === 1 ? own[0] : undefined) };
  },
});

/** The headers of the answer; none to a request that had none, because two single parties need none (RTE-04). */
export function routingHeaders({ from, to, self }: Routing): Record<string, string> {
  if (!from && !to) return {};
  return {
    ...(from && { 'OCPI-to-country-code': from.country_code, 'OCPI-to-party-id': from.party_id }),
    ...(self && { 'OCPI-from-country-code': self.country_code, 'OCPI-from-party-id': self.party_id }),
  };
}
