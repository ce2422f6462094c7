/** What a peer becomes when credentials have been exchanged, whichever side began. */
import type { Credentials } from '../ocpi/credentials.ts';
import type { Role } from '../ocpi/versions.ts';
import type { PartnerRuntime } from '../partner-runtime.ts';
import type { AccessToken, Peer } from '../peers/peer.ts';
import { sha256 } from './access-token.ts';
import type { Discovery } from './discover.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const inHours = (runtime: Pick<PartnerRuntime, 'now'>, hours: number): string =>
  new Date(runtime.now().getTime() + hours * hourMs).toISOString();

export const inDays = (runtime: Pick<PartnerRuntime, 'now'>, days: number): string =>
  new Date(runtime.now().getTime() + days * dayMs).toISOString();

/**
 * The peer's tokens when a new one takes over: those that it may still hold stay good until the new one is first used, or for
 * a while (CRED-30).
 */
export function handOver(runtime: PartnerRuntime, tokens: AccessToken[], newToken: string): AccessToken[] {
  const graceEnd = inHours(runtime, runtime.config.rotationGraceHours);
  const now = runtime.now().toISOString();
  const newHash = sha256(newToken);
  const outgoing = tokens
    .filter(
      ({ isForRegistration, sha256, expiresAt = graceEnd }) =>
        !isForRegistration && sha256 !== newHash && expiresAt > now,
    )
    .map(({ sha256 }) => ({ sha256, expiresAt: graceEnd }));
  return [...outgoing, { sha256: newHash }];
}

/**
 * @param credentials what the peer sent
 * @param ourRole of a connection in a version with one tree for each role
 */
export async function connected(
  { vault, now }: PartnerRuntime,
  { ourRole: _, hub_party_id: __, ...peer }: Peer,
  credentials: Credentials,
  { wire, endpoints, encoding }: Discovery,
  ourRole: Role | undefined,
): Promise<Peer> {
  return {
    ...peer,
    roles: credentials.roles.map(({ role, country_code, party_id, business_details: { name } }) => ({
      role,
      country_code,
      party_id,
      name,
    })),
    version: wire.version,
    connection: {
      versionsUrl: credentials.url,
      endpoints,
      sealedToken: await vault.seal(credentials.token, peer.id),
      authorizationEncoding: encoding,
      exchangedAt: now().toISOString(),
    },
    ...(credentials.hub_party_id !== undefined && { hub_party_id: credentials.hub_party_id }),
    ...(ourRole && { ourRole }),
  };
}

/** What is left of a peer that has unregistered: its name and settings, and nothing that opens a door. */
export const disconnected = ({ id, settings = {} }: Peer): Peer => ({ id, roles: [], tokensWeGave: [], settings });
