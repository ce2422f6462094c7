/**
 * The URLs that partners are told, all of which serverless.yml routes. From 2.2.1 on there is one tree for all our roles; 2.1.1
 * cannot tell the interfaces of two roles apart, so it has one tree for each (VER-08, VER-09).
 */
import { type Config, partiesOf } from '../config.ts';
import type { ModuleEndpoint, VersionEntry } from '../ocpi/credentials.ts';
import { type Role, type VersionNumber, versionNumbers } from '../ocpi/versions.ts';
import { wires } from '../wire/wire.ts';

/** @param ourRole the tree: of one role, or of all roles if undefined */
const root = ({ publicUrl }: Config, ourRole: Role | undefined): string =>
  `${publicUrl}/ocpi${ourRole ? `/${ourRole.toLowerCase()}` : ''}`;

/** The one URL that a partner has to know to begin with (VER-02). */
export const versionsUrl = (config: Config, ourRole: Role | undefined): string => `${root(config, ourRole)}/versions`;

/** The tree in which a version is, seen from another tree. */
const treeOf = (version: VersionNumber, ourRole: Role | undefined): Role | undefined =>
  wires[version].hasTreePerRole ? ourRole : undefined;

const versionUrl = (config: Config, version: VersionNumber, ourRole: Role | undefined): string =>
  `${root(config, treeOf(version, ourRole))}/${version}`;

/** With a slash at the end, because the templates of the specification append to it both with and without one. */
export const tokensUrl = (config: Config, ourRole: Role, version: VersionNumber): string =>
  `${root(config, ourRole)}/${version}/tokens/`;

/** The versions that a tree leads to, the oldest first. */
export const versionEntries = (config: Config, ourRole: Role | undefined): VersionEntry[] =>
  versionNumbers
    .filter((version) => ourRole !== undefined || !wires[version].hasTreePerRole)
    .map((version) => ({ version, url: versionUrl(config, version, ourRole) }));

/** What a version offers in a tree; only of the roles that we have (VER-06, VER-07, VER-09). */
export function moduleEndpoints(config: Config, version: VersionNumber, ourRole: Role | undefined): ModuleEndpoint[] {
  const hasRole = (role: Role) => (ourRole ?? role) === role && partiesOf(config, role).length > 0;
  const receiver = { identifier: 'tokens', role: 'RECEIVER', url: tokensUrl(config, 'CPO', version) } as const;
  const sender = { identifier: 'tokens', role: 'SENDER', url: tokensUrl(config, 'EMSP', version) } as const;
  return [
    { identifier: 'credentials', role: 'SENDER', url: `${versionUrl(config, version, ourRole)}/credentials` },
    ...(hasRole('CPO') ? [receiver] : []),
    ...(hasRole('EMSP') ? [sender] : []),
  ];
}
