/** How the Tokens module of a peer is asked: where, with which token, in whose name. */
import type { PeerAnswer, PeerClient, PeerRequest } from '../client/ask-peer.ts';
import type { PartyId } from '../ocpi/versions.ts';
import type { Vault } from '../runtime/vault.ts';
import { wires } from '../wire/registry.ts';
import type { Wire } from '../wire/wire.ts';
import { agreedRoles } from './claims.ts';
import { isHub, maySpeakForTokens, type Peer, type PeerParty } from './peer.ts';
import { defaultTimeoutMs } from './settings.ts';
import { type Side, tokensUrlOf } from './tokens-url.ts';

/** What is asked, beside what the connection says. */
export interface TokensQuestion
  extends Pick<PeerRequest, 'method' | 'url' | 'query' | 'body' | 'tokenName' | 'correlationId' | 'maxBytes'> {
  /** The party of ours that asks. */
  from: PartyId;
  /** The party that is asked; by default the one that `addresseeOf` names, and null is an Open Routing Request (RTE-10). */
  to?: PartyId | null;
  /** Whether OCPI-to goes along whatever version and settings say: GIREVE reads it in 2.1.1 where one eMSP alone is asked about. */
  insistsOnTo?: boolean;
  /** By default what is set for the peer. */
  timeoutMs?: number;
}

export interface TokensLine {
  peer: Peer;
  wire: Wire;
  /** Of the peer's interface, with or without a slash at the end. */
  url: string;
  /** @throws PeerError */
  ask(question: TokensQuestion): Promise<PeerAnswer>;
}

export interface LineRuntime {
  client: PeerClient;
  vault: Vault;
}

/** The version of a connection. */
export const wireOfPeer = ({ version = '2.3.0' }: Pick<Peer, 'version'>): Wire => wires[version];

/** Whom a request to an interface is for: a hub itself (RTE-07, RTE-11), else who owns Tokens or who runs chargers (RTE-01). */
export function addresseeOf(peer: Pick<Peer, 'roles' | 'settings'>, side: Side): PeerParty | undefined {
  if (isHub(peer)) return peer.roles[0];
  return agreedRoles(peer, peer.roles).find(({ role }) =>
    side === 'SENDER' ? maySpeakForTokens(role) : role === 'CPO',
  );
}

/**
 * @returns undefined if the peer has no such interface
 * @throws Error of the vault, if our token for the peer cannot be opened
 */
export async function openTokensLine(
  { client, vault }: LineRuntime,
  peer: Peer,
  side: Side,
): Promise<TokensLine | undefined> {
  const { id, connection, settings = {} } = peer;
  const url = tokensUrlOf(peer, side);
  if (!connection || url === undefined) return undefined;
  const { sendsRoutingHeaders = true, timeoutMs = defaultTimeoutMs } = settings;
  const wire = wireOfPeer(peer);
  const access = {
    id,
    credentialsToken: await vault.unseal(connection.sealedToken, id),
    authorizationEncoding: connection.authorizationEncoding,
    sendRoutingHeaders: sendsRoutingHeaders,
  };
  return {
    peer,
    wire,
    url,
    ask: ({ from, to = addresseeOf(peer, side), insistsOnTo = false, ...question }) => {
      const isUsual = (wire.hasRoutingHeaders && sendsRoutingHeaders) || !insistsOnTo;
      const routing = { ...(isUsual && { from }), to: to ?? undefined };
      return client.ask({
        timeoutMs,
        ...question,
        peer: isUsual ? access : { ...access, sendRoutingHeaders: true },
        module: {
          kind: 'functional',
          module_id: 'tokens',
          wire: isUsual ? wire : { ...wire, hasRoutingHeaders: true },
          routing,
        },
      });
    },
  };
}
