/** What a peer offers: its versions, and the endpoints of the one that we are going to use. */

import * as v from 'valibot';
import { PeerError } from '../client/peer-error.ts';
import { checkUrl, type UrlPolicy } from '../client/url-policy.ts';
import {
  cannotUseApi,
  endpointsMissing,
  endpointUnreadable,
  invalid,
  type OcpiError,
  versionNotOffered,
} from '../errors.ts';
import {
  type AuthorizationEncoding,
  type Credentials,
  type ModuleEndpoint,
  type VersionEntry,
  versionEntry,
} from '../ocpi/credentials.ts';
import { isObject, tidy } from '../ocpi/values.ts';
import { type VersionNumber, versionNumbers } from '../ocpi/versions.ts';
import type { PeerSettings } from '../peers/settings.ts';
import type { PeerRuntime } from '../runtime/peer-runtime.ts';
import { wires } from '../wire/registry.ts';
import type { Wire } from '../wire/wire.ts';
import { askPeer, type PeerAccess } from './peer-access.ts';

/** More entries than any peer needs, and few enough to look at (CRED-14). */
const maxEntries = 200;
/** Enough to see what is the matter. */
const mostLogged = 20;

export interface Discovery {
  wire: Wire;
  endpoints: ModuleEndpoint[];
  /** How the peer took our token. */
  encoding: AuthorizationEncoding;
}

const firstOf = (data: unknown): unknown[] => (Array.isArray(data) ? data.slice(0, maxEntries) : []);

/** The list is bare, but several readings of the specification wrap it (VER-03). */
const listedVersions = (data: unknown): unknown[] => firstOf(isObject(data) ? data.versions : data);

/** The entries that are well-formed; a partner's bad ones are its own business (TRN-30). */
export const readVersions = (data: unknown): VersionEntry[] =>
  listedVersions(data)
    .map((entry) => v.safeParse(versionEntry, entry))
    .filter((result) => result.success)
    .map(({ output }) => output);

/** An endpoint that cannot be used, and why. */
interface Fault {
  identifier: string;
  /** OcpiError if it cannot be read, PeerError if it leads where we do not go (CRED-14). */
  error: OcpiError | PeerError;
}

export interface Announcement {
  endpoints: ModuleEndpoint[];
  faults: Fault[];
}

const longestIdentifier = 60;

const identifierOf = (entry: unknown): string =>
  isObject(entry) && typeof entry.identifier === 'string' ? tidy(entry.identifier, longestIdentifier) : '';

/** What the details of a version list. */
export function readEndpoints(data: unknown, wire: Wire, policy: UrlPolicy): Announcement {
  const announced: Announcement = { endpoints: [], faults: [] };
  for (const entry of firstOf(isObject(data) ? data.endpoints : undefined)) {
    try {
      const endpoint = wire.decodeModuleEndpoint(entry);
      checkNamedUrl(`The endpoint ${endpoint.identifier}`, endpoint.url, policy);
      announced.endpoints.push(endpoint);
    } catch (error) {
      announced.faults.push({ identifier: identifierOf(entry), error: error as Fault['error'] });
    }
  }
  return announced;
}

/** @returns the newest version that both sides serve (VER-12, VER-13) */
export const latestMutual = (offered: VersionEntry[]): VersionNumber | undefined =>
  versionNumbers.findLast((version) => offered.some((entry) => entry.version === version));

/** What a connection cannot do without: credentials, and Tokens in one direction at least (CRED-33). */
const neededModules = ({ requiresTokensModule = true }: PeerSettings): string[] => [
  'credentials',
  ...(requiresTokensModule ? ['tokens'] : []),
];

export const missingModules = (endpoints: ModuleEndpoint[], settings: PeerSettings): string[] =>
  neededModules(settings).filter((name) => !endpoints.some(({ identifier }) => identifier === name));

export const credentialsUrlOf = (endpoints: ModuleEndpoint[]): string | undefined =>
  endpoints.find(({ identifier }) => identifier === 'credentials')?.url;

/** What is wrong with a module that the connection needs. */
export const neededFault = ({ faults }: Announcement, settings: PeerSettings): Fault | undefined =>
  faults.find(({ identifier }) => neededModules(settings).includes(identifier));

/** The peer's own words stay out of it: who makes us ask may be somebody else than who answers. */
const unusable = (error: PeerError): OcpiError => cannotUseApi(`Your API could not be used: ${error.summary}`, error);

/** @throws PeerError `forbidden-url` that says which URL it is */
function checkNamedUrl(what: string, url: string, policy: UrlPolicy): void {
  try {
    checkUrl(url, policy);
  } catch (error) {
    const { kind, message } = error as PeerError;
    throw new PeerError(kind, `${what}: ${message}`, { cause: error });
  }
}

/**
 * Keeps to the endpoints that can be used. What is wrong with a module that the connection needs is said, and what is wrong with
 * another is logged.
 * @throws OcpiError 3001 for one that leads where we do not go, 3003 for one that cannot be read or is missing
 */
function usableEndpoints({ log }: PeerRuntime, access: PeerAccess, announced: Announcement): ModuleEndpoint[] {
  const { endpoints, faults } = announced;
  const needed = neededFault(announced, access.settings);
  if (needed?.error instanceof PeerError) throw unusable(needed.error);
  if (needed) throw endpointUnreadable(needed.identifier, needed.error.message);

  const missing = missingModules(endpoints, access.settings);
  if (missing.length > 0) throw endpointsMissing(missing);
  if (faults.length > 0) {
    const dropped = faults.map(({ identifier, error }) => `${identifier || 'without an identifier'}: ${error.message}`);
    log.warn('endpoints dropped', { peer: access.id, dropped: dropped.slice(0, mostLogged) });
  }
  return endpoints;
}

/** @throws PeerError or OcpiError if the version's own URL is none or leads where we do not go; OcpiError 3002 if it is not listed */
function versionUrl(data: unknown, version: VersionNumber, policy: UrlPolicy): string {
  const entry = listedVersions(data).find((each) => isObject(each) && each.version === version);
  if (!entry) throw versionNotOffered(version);
  const reading = v.safeParse(versionEntry, entry);
  if (!reading.success) throw cannotUseApi(`Your API could not be used: you list version ${version} without a URL`);
  checkNamedUrl(`The URL of version ${version}`, reading.output.url, policy);
  return reading.output.url;
}

/**
 * Checks where credentials say that the peer's versions are, which we ask only at the next renewal.
 * @throws 2001 if it leads where we do not go (CRED-14)
 */
export function refuseForbiddenUrl({ url }: Credentials, policy: UrlPolicy): void {
  try {
    checkNamedUrl('url', url, policy);
  } catch (error) {
    throw invalid((error as PeerError).message);
  }
}

/**
 * GET versions, then GET details.
 * @param wanted the version that the connection is for; 'latest' for the newest that both serve
 * @throws OcpiError 3001 if the peer's API does not work or leads where we do not go, 3002 if it lacks the version, 3003 if it
 * lacks an endpoint or says of one what cannot be read
 */
export async function discover(
  runtime: PeerRuntime,
  access: PeerAccess,
  versionsUrl: string,
  wanted: VersionNumber | 'latest',
): Promise<Discovery> {
  const { peerUrls: policy } = runtime.config;
  const get = (url: string, version: VersionNumber) =>
    askPeer(runtime, access, { module_id: 'versions', method: 'GET', url, wire: wires[version] });
  try {
    checkNamedUrl('The versions URL', versionsUrl, policy);
    const { data: versions } = await get(versionsUrl, wanted === 'latest' ? '2.3.0' : wanted);
    const version = wanted === 'latest' ? latestMutual(readVersions(versions)) : wanted;
    if (!version) throw versionNotOffered(versionNumbers.join(', '));

    const wire = wires[version];
    const { data: details, encoding } = await get(versionUrl(versions, version, policy), version);
    return { wire, endpoints: usableEndpoints(runtime, access, readEndpoints(details, wire, policy)), encoding };
  } catch (error) {
    throw error instanceof PeerError ? unusable(error) : error;
  }
}
