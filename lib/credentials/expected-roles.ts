/** In which roles a partner may register: said when the connection begins, so that nobody becomes what was not agreed on. */
import type { PartyRole } from '../ocpi/credentials.ts';
import type { Platform, Role } from '../ocpi/versions.ts';
import type { PeerSettings } from '../peers/settings.ts';

const counterparts = { CPO: 'EMSP', EMSP: 'CPO' } as const;

interface Ours {
  /** The role of ours that the connection is about, if it is about one. */
  ourRole: Role | undefined;
  platform: Pick<Platform, 'parties'>;
  /** What is expected of a partner if we are a CPO and an eMSP, so that it may be either. */
  whenBoth: readonly PartyRole[];
}

/** @returns the settings, with the roles that are expected if the operator has named none; a hub lists parties of any */
export function withExpectedRoles(settings: PeerSettings, { ourRole, platform, whenBoth }: Ours): PeerSettings {
  if (settings.isHub || settings.expectedRoles) return settings;
  const ours = ourRole ? [ourRole] : [...new Set(platform.parties.map(({ role }) => role))];
  const [only, ...others] = ours;
  return { ...settings, expectedRoles: only && others.length === 0 ? [counterparts[only]] : [...whenBoth] };
}
