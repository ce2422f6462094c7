/** Our own credentials object: who we are, and the token with which the partner is to come. */
import type { Config } from '../config.ts';
import { versionsUrl } from '../http/urls.ts';
import type { Credentials } from '../ocpi/credentials.ts';
import type { Role } from '../ocpi/versions.ts';

/** @param ourRole the role that the connection is about, in a version that has one tree for each */
export function ownCredentials(config: Config, token: string, ourRole: Role | undefined): Credentials {
  const { name, website } = config.business;
  return {
    token,
    url: versionsUrl(config, ourRole),
    roles: config.parties.map(({ role, country_code, party_id }) => ({
      role,
      business_details: { name: name ?? `${country_code} ${party_id}`, ...(website && { website }) },
      party_id,
      country_code,
    })),
  };
}
