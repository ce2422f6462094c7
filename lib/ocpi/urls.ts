/**
 * The URLs that partners are told, all of which serverless.yml routes. From 2.2.1 on there is one tree for all our roles; 2.1.1
 * cannot tell the interfaces of two roles apart, so it has one tree for each (VER-08, VER-09).
 */
import type { ModuleEndpoint, VersionEntry } from './credentials.ts';
import { hasTreePerRole, type Platform, partiesOf, type Role, type VersionNumber, versionNumbers } from './versions.ts';

/** @param ourRole the tree: of one role, or of all roles if undefined */
const root = ({ publicUrl }: Platform, ourRole: Role | undefined): string =>
  `${publicUrl}/ocpi${ourRole ? `/${ourRole.toLowerCase()}` : ''}`;

/** The one URL that a partner has to know to begin with (VER-02). */
export const versionsUrl = (platform: Platform, ourRole: Role | undefined): string =>
  `${root(platform, ourRole)}/versions`;

/** The tree in which a version is, seen from another tree. */
const treeOf = (version: VersionNumber, ourRole: Role | undefined): Role | undefined =>
  hasTreePerRole(version) ? ourRole : undefined;

const versionUrl = (platform: Platform, version: VersionNumber, ourRole: Role | undefined): string =>
  `${root(platform, treeOf(version, ourRole))}/${version}`;

/** With a slash at the end, because the templates of the specification append to it both with and without one. */
export const tokensUrl = (platform: Platform, ourRole: Role, version: VersionNumber): string =>
  `${root(platform, ourRole)}/${version}/tokens/`;

/** The versions that a tree leads to, the oldest first. */
export const versionEntries = (platform: Platform, ourRole: Role | undefined): VersionEntry[] =>
  versionNumbers
    .filter((version) => ourRole !== undefined || !hasTreePerRole(version))
    .map((version) => ({ version, url: versionUrl(platform, version, ourRole) }));

/** What a version offers in a tree; only of the roles that we have (VER-06, VER-07, VER-09). */
export function moduleEndpoints(
  platform: Platform,
  version: VersionNumber,
  ourRole: Role | undefined,
): ModuleEndpoint[] {
  const hasRole = (role: Role) => (ourRole ?? role) === role && partiesOf(platform, role).length > 0;
  const receiver = { identifier: 'tokens', role: 'RECEIVER', url: tokensUrl(platform, 'CPO', version) } as const;
  const sender = { identifier: 'tokens', role: 'SENDER', url: tokensUrl(platform, 'EMSP', version) } as const;
  return [
    { identifier: 'credentials', role: 'SENDER', url: `${versionUrl(platform, version, ourRole)}/credentials` },
    ...(hasRole('CPO') ? [receiver] : []),
    ...(hasRole('EMSP') ? [sender] : []),
  ];
}
