/** What a peer offers: its versions, and the endpoints of the one that we are going to use. */

import * as v from 'valibot';
import { PeerError } from '../client/peer-error.ts';
import { cannotUseApi, endpointsMissing, versionNotOffered } from '../errors.ts';
import { type ModuleEndpoint, moduleEndpoint, type VersionEntry, versionEntry } from '../ocpi/credentials.ts';
import { isObject } from '../ocpi/values.ts';
import { type VersionNumber, versionNumbers } from '../ocpi/versions.ts';
import type { PartnerRuntime } from '../partner-runtime.ts';
import type { PeerSettings } from '../peers/settings.ts';
import { type Wire, wires } from '../wire/wire.ts';
import type { AuthorizationEncoding } from './access-token.ts';
import { askPeer, type PeerAccess } from './peer-access.ts';

/** More entries than any peer needs, and few enough to look at (CRED-14). */
const maxEntries = 200;

export interface Discovery {
  wire: Wire;
  endpoints: ModuleEndpoint[];
  /** How the peer took our token. */
  encoding: AuthorizationEncoding;
}

/** The entries of a list that are well-formed; a partner's bad ones are its own business (TRN-30). */
const readEntries = <Schema extends v.GenericSchema>(schema: Schema, data: unknown): v.InferOutput<Schema>[] =>
  (Array.isArray(data) ? data.slice(0, maxEntries) : [])
    .map((entry) => v.safeParse(schema, entry))
    .filter((result) => result.success)
    .map(({ output }) => output);

/** The list is bare, but several readings of the specification wrap it (VER-03). */
export const readVersions = (data: unknown): VersionEntry[] =>
  readEntries(versionEntry, isObject(data) ? data.versions : data);

/** What the details of a version list. */
export const readEndpoints = (data: unknown): ModuleEndpoint[] =>
  readEntries(moduleEndpoint, isObject(data) ? data.endpoints : undefined);

/** @returns the newest version that both sides serve (VER-12, VER-13) */
export const latestMutual = (offered: VersionEntry[]): VersionNumber | undefined =>
  versionNumbers.findLast((version) => offered.some((entry) => entry.version === version));

/** What a connection cannot do without: credentials, and Tokens in one direction at least (CRED-33). */
export function missingModules(endpoints: ModuleEndpoint[], { requiresTokensModule = true }: PeerSettings): string[] {
  const needed = ['credentials', ...(requiresTokensModule ? ['tokens'] : [])];
  return needed.filter((name) => !endpoints.some(({ identifier }) => identifier === name));
}

export const credentialsUrlOf = (endpoints: ModuleEndpoint[]): string | undefined =>
  endpoints.find(({ identifier }) => identifier === 'credentials')?.url;

/**
 * GET versions, then GET details.
 * @param wanted the version that the connection is for; 'latest' for the newest that both serve
 * @throws OcpiError 3001 if the peer's API does not work, 3002 if it lacks the version, 3003 if it lacks an endpoint
 */
export async function discover(
  runtime: PartnerRuntime,
  access: PeerAccess,
  versionsUrl: string,
  wanted: VersionNumber | 'latest',
): Promise<Discovery> {
  try {
    const get = (url: string, version: VersionNumber) =>
      askPeer(runtime, access, { module_id: 'versions', method: 'GET', url, wire: wires[version] });

    const versions = readVersions((await get(versionsUrl, wanted === 'latest' ? '2.3.0' : wanted)).data);
    const version = wanted === 'latest' ? latestMutual(versions) : wanted;
    const url = versions.find((entry) => entry.version === version)?.url;
    if (!version || !url) throw versionNotOffered(version ?? versionNumbers.join(', '));

    const { data, encoding } = await get(url, version);
    const endpoints = readEndpoints(data);
    const missing = missingModules(endpoints, access.settings);
    if (missing.length > 0) throw endpointsMissing(missing);
    return { wire: wires[version], endpoints, encoding };
  } catch (error) {
    if (error instanceof PeerError) throw cannotUseApi(`Your API could not be used: ${error.message}`, error);
    throw error;
  }
}
