/** In which roles a partner may register: said when the connection begins, so that nobody becomes what was not agreed on. */
import type { Role } from '../ocpi/versions.ts';
import { usualRoles } from '../peers/claims.ts';
import type { PeerSettings } from '../peers/settings.ts';

const counterparts = { CPO: ['EMSP'], EMSP: ['CPO'] } as const;

/**
 * @param ourRole the role of ours that the connection is about, if it is about one
 * @returns the settings, with the roles that are expected if the operator has named none; a hub lists parties of any
 */
export function withExpectedRoles(settings: PeerSettings, ourRole: Role | undefined): PeerSettings {
  if (settings.isHub || settings.expectedRoles) return settings;
  return { ...settings, expectedRoles: [...(ourRole ? counterparts[ourRole] : usualRoles)] };
}
