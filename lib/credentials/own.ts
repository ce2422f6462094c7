/** Our own credentials object: who we are, and the token with which the partner is to come. */

import type { Credentials } from '../ocpi/credentials.ts';
import { versionsUrl } from '../ocpi/urls.ts';
import type { Role } from '../ocpi/versions.ts';
import type { PeerSettings } from '../peers/settings.ts';
import type { Config } from '../runtime/config.ts';

/**
 * @param ourRole the role that the connection is about, in a version that has one tree for each
 * @param settings of the peer that they are for
 */
export function ownCredentials(
  config: Config,
  token: string,
  ourRole: Role | undefined,
  { sendsNullDecoration = false }: PeerSettings,
): Credentials {
  const { name, website } = config.business;
  const decoration = { ...(sendsNullDecoration && { website: null, logo: null }), ...(website && { website }) };
  return {
    token,
    url: versionsUrl(config, ourRole),
    roles: config.parties.map(({ role, country_code, party_id }) => ({
      role,
      business_details: { name: name ?? `${country_code} ${party_id}`, ...decoration },
      party_id,
      country_code,
    })),
  };
}
