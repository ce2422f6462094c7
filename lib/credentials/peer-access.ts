/** Asking a peer something of its versions and credentials modules. */
import type { PeerAnswer } from '../client/ask-peer.ts';
import { PeerError } from '../client/peer-error.ts';
import type { AuthorizationEncoding } from '../ocpi/credentials.ts';
import { defaultTimeoutMs, type PeerSettings } from '../peers/settings.ts';
import type { PeerRuntime } from '../runtime/peer-runtime.ts';
import type { Wire } from '../wire/wire.ts';

/** A peer as far as it takes to ask it: also one that is not stored yet. */
export interface PeerAccess {
  id: string;
  /** The token that we present to it. A secret. */
  token: string;
  settings: PeerSettings;
  /** How the peer has been seen to write the header, which is likely how it reads it. */
  seenEncoding?: AuthorizationEncoding | undefined;
  /** Of the request that this is part of, if it is. */
  correlationId?: string | undefined;
  /** When whoever waits for all this will wait no longer; milliseconds since the epoch. */
  deadline?: number | undefined;
}

interface Question {
  module_id: 'versions' | 'credentials';
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  body?: unknown;
  /** Of the version that the URL belongs to. */
  wire: Wire;
}

export interface Answer extends PeerAnswer {
  /** How the peer took our token. */
  encoding: AuthorizationEncoding;
}

/** For one hop; all of them together end at the deadline (CRED-13). */
function timeoutOf({ settings, deadline = Number.POSITIVE_INFINITY }: PeerAccess, now: () => Date): number {
  return Math.max(1, Math.min(settings.timeoutMs ?? defaultTimeoutMs, deadline - now().getTime()));
}

/** What the operator says, else what was seen, else what the version says; and then the other one (TRN-06, TRN-07). */
function encodingsToTry({ settings, seenEncoding }: PeerAccess, wire: Wire): AuthorizationEncoding[] {
  if (settings.authorizationEncoding) return [settings.authorizationEncoding];
  return [...new Set([...(seenEncoding ? [seenEncoding] : []), ...wire.authorizationEncodings])];
}

const isAboutToken = (error: PeerError): boolean => error.http === 401 || error.http === 403;

const isTheirFailure = (error: PeerError): boolean => error.http === 500 || error.status_code === 3000;

/** Some decode whatever comes, and end in a failure of their own where that is no Base64. To repeat a GET changes nothing. */
const mayBeAboutToken = (error: unknown, method: Question['method']): error is PeerError =>
  error instanceof PeerError && (isAboutToken(error) || (isTheirFailure(error) && method === 'GET'));

/**
 * Whether a peer takes the token as it is or in Base64 is found out by trying: a 401 or 403 has changed nothing.
 * @throws PeerError; of two that say the same the first, which answers to the likeliest encoding
 */
export async function askPeer(
  { client, now }: Pick<PeerRuntime, 'client' | 'now'>,
  access: PeerAccess,
  { module_id, wire, ...request }: Question,
): Promise<Answer> {
  const { id, token, settings, correlationId } = access;
  const [likeliest = 'base64', other] = encodingsToTry(access, wire);
  const ask = async (encoding: AuthorizationEncoding): Promise<Answer> => {
    const answer = await client.ask({
      ...request,
      peer: {
        id,
        credentialsToken: token,
        authorizationEncoding: encoding,
        sendRoutingHeaders: settings.sendsRoutingHeaders ?? true,
      },
      module: { kind: 'configuration', module_id },
      timeoutMs: timeoutOf(access, now),
      correlationId,
    });
    return { ...answer, encoding };
  };
  return ask(likeliest).catch((first: unknown) => {
    if (!other || !mayBeAboutToken(first, request.method)) throw first;
    return ask(other).catch((second: unknown) => {
      const isMoreTelling = !mayBeAboutToken(second, request.method) || (isAboutToken(second) && !isAboutToken(first));
      throw isMoreTelling ? second : first;
    });
  });
}
