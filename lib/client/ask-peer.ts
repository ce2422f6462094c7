/** One OCPI request to a partner, and its answer or one PeerError. Nothing is retried but what a connection that was kept has lost. */
import type { IncomingHttpHeaders } from 'node:http';
import { isObject } from '../ocpi/values.ts';
import type { PartyId } from '../ocpi/versions.ts';
import { peerAnswered, peerFailed } from '../telemetry/events.ts';
import type { Log } from '../telemetry/log.ts';
import type { Wire } from '../wire/wire.ts';
import { type Envelope, readEnvelope } from './envelope.ts';
import { createHttpSend, type HttpMethod, type HttpResponse, type HttpSend } from './http-send.ts';
import { PeerError, type PeerErrorKind } from './peer-error.ts';
import { checkUrl, type UrlPolicy } from './url-policy.ts';
import { withoutSecrets, wordsIn } from './words.ts';

/** What of a peer and its settings it takes to ask it something. */
export interface PeerConnection {
  /** Our name for the connection. */
  id: string;
  /** The token that we present to the peer, in plain. */
  credentialsToken: string;
  /** How it stands in the header (TRN-03, TRN-04, TRN-07). */
  authorizationEncoding: 'raw' | 'base64';
  sendRoutingHeaders: boolean;
}

/** Versions, credentials, hubclientinfo: between the platforms themselves, so without routing headers (RTE-03). */
export interface ConfigurationModule {
  kind: 'configuration';
  module_id: string;
}

/** A module between parties. */
export interface FunctionalModule {
  kind: 'functional';
  module_id: string;
  wire: Pick<Wire, 'version' | 'hasRoutingHeaders'>;
  /** No `to` is an Open Routing Request (RTE-10). */
  routing?: { from?: PartyId | undefined; to?: PartyId | undefined } | undefined;
}

export interface PeerRequest {
  peer: PeerConnection;
  module: ConfigurationModule | FunctionalModule;
  method: HttpMethod;
  /** Absolute. A query that it has already, as a `Link` does, is kept to the letter unless `query` adds to it (LIST-16). */
  url: string;
  query?: Record<string, string | number | undefined> | undefined;
  /** Becomes JSON; undefined is no body. */
  body?: unknown;
  /** For the log: a hash of the Token that it is about. */
  tokenName?: string | undefined;
  /** That of the request that this one is part of; a new one unless given (HDR-02). */
  correlationId?: string | undefined;
  /** For everything together (CRED-13). */
  timeoutMs: number;
  /** For the body of the answer; 1 MiB unless given. */
  maxBytes?: number | undefined;
}

/** A success: HTTP 2xx and an OCPI status of 1xxx (TRN-46). */
export interface PeerAnswer extends Envelope {
  http: number;
  /** Names in lower case. */
  headers: IncomingHttpHeaders;
}

export interface PeerClientOptions {
  policy: UrlPolicy;
  log: Log;
  now: () => Date;
  /** A new UUID (HDR-03). */
  newId: () => string;
  /** How requests are sent; over the network under `policy` unless given. */
  httpSend?: HttpSend;
}

export interface PeerClient {
  /** @throws PeerError for everything that is no success; a Token that the peer does not know is `http` 404 or `status_code` 2004 */
  ask: (request: PeerRequest) => Promise<PeerAnswer>;
}

interface MessageIds {
  requestId: string;
  correlationId: string;
}

/** Longer than OCPI's URLs, because we append to them, and so does a `Link`. */
const longestRequestUrl = 2048;

const toBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

function authorization({ credentialsToken, authorizationEncoding }: PeerConnection): string {
  return `Token ${authorizationEncoding === 'base64' ? toBase64(credentialsToken) : credentialsToken}`;
}

function partyHeaders(direction: 'from' | 'to', party: PartyId | undefined): Record<string, string> {
  if (!party) return {};
  return {
    [`OCPI-${direction}-country-code`]: party.country_code,
    [`OCPI-${direction}-party-id`]: party.party_id,
  };
}

/** RTE-01 to RTE-06, RTE-17 */
function routingHeaders({ peer, module }: PeerRequest): Record<string, string> {
  if (module.kind !== 'functional' || !module.wire.hasRoutingHeaders || !peer.sendRoutingHeaders) return {};
  return { ...partyHeaders('from', module.routing?.from), ...partyHeaders('to', module.routing?.to) };
}

function headersOf(request: PeerRequest, { requestId, correlationId }: MessageIds): Record<string, string> {
  return {
    Authorization: authorization(request.peer),
    Accept: 'application/json',
    'User-Agent': 'ocpi-tokens',
    'X-Request-ID': requestId,
    'X-Correlation-ID': correlationId,
    ...(request.body !== undefined && { 'Content-Type': 'application/json' }),
    ...routingHeaders(request),
  };
}

function addQuery(url: URL, query: PeerRequest['query'] = {}): URL {
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

/** What a peer might quote back at us: the token that we present, and the one that we hand out in credentials. */
function secretsIn({ peer, body }: PeerRequest): string[] {
  const handedOut = isObject(body) && typeof body.token === 'string' ? [body.token] : [];
  return [peer.credentialsToken, ...handedOut];
}

const isSuccess = (http: number, status_code: number): boolean =>
  http >= 200 && http <= 299 && status_code >= 1000 && status_code <= 1999;

function kindOf(http: number, hasEnvelope: boolean): PeerErrorKind {
  // A peer that limits our rate is to be left alone for a while, like one that is offline (G-06).
  if (http === 429) return 'unreachable';
  if (hasEnvelope) return 'refused';
  if (http >= 500) return 'unreachable';
  return http >= 400 ? 'refused' : 'broken';
}

/** Reads an answer as in TRN-46 and ENV-06. */
function readAnswer({ http, headers, body }: HttpResponse, host: string, request: PeerRequest): PeerAnswer {
  // What a peer says about a functional request may name the Token, and messages end up in logs.
  const quotes = request.module.kind === 'configuration';
  const reading = readEnvelope(body);
  const retryAfter = headers['retry-after'];
  if ('problem' in reading) {
    const summary = `${host} answered HTTP ${http} with a body that ${reading.problem}`;
    // Below 400 it is no refusal but data, such as credentials that are nearly JSON.
    const words = http >= 400 ? wordsIn({ body }, secretsIn(request)) : undefined;
    throw new PeerError(kindOf(http, false), summary, { http, words, retryAfter, quotes });
  }
  const { envelope } = reading;
  const { status_code, status_message } = envelope;
  if (isSuccess(http, status_code)) return { ...envelope, http, headers };

  const words = wordsIn(status_message ? { status_message } : { body }, secretsIn(request));
  const summary = `${host} answered HTTP ${http} with OCPI status ${status_code}`;
  throw new PeerError(kindOf(http, true), summary, { http, status_code, words, retryAfter, quotes });
}

/** The path of a functional module is left out, because a uid is personal data. */
function whereTo(request: PeerRequest): { host?: string; path?: string } {
  const url = URL.parse(request.url);
  if (!url) return {};
  if (request.module.kind === 'functional') return { host: url.host };
  return { host: url.host, path: withoutSecrets(url.pathname, secretsIn(request)) };
}

/** Makes the client for everything that we ever ask of a partner. */
export function createPeerClient({
  policy,
  log,
  now,
  newId,
  httpSend = createHttpSend({ policy }),
}: PeerClientOptions): PeerClient {
  async function send(request: PeerRequest, ids: MessageIds): Promise<PeerAnswer> {
    const url = addQuery(checkUrl(request.url, policy, longestRequestUrl), request.query);
    const { method, module } = request;
    const response = await httpSend({
      method,
      url,
      headers: headersOf(request, ids),
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
      timeoutMs: request.timeoutMs,
      maxBytes: request.maxBytes,
      followsSlash: module.module_id === 'credentials',
      isRepeatable: module.module_id === 'tokens' && (method === 'GET' || method === 'PUT'),
    });
    return readAnswer(response, url.host, request);
  }

  return {
    async ask(request) {
      const startedAt = now().getTime();
      const ids = { requestId: newId(), correlationId: request.correlationId || newId() };
      const about = () => ({
        ...ids,
        peer: request.peer.id,
        tokenName: request.tokenName,
        module: request.module.module_id,
        method: request.method,
        ...whereTo(request),
        ms: now().getTime() - startedAt,
      });
      try {
        const answer = await send(request, ids);
        peerAnswered(log, { ...about(), http: answer.http, status_code: answer.status_code });
        return answer;
      } catch (error) {
        const { kind, http, status_code, message } = error as PeerError;
        peerFailed(log, { ...about(), http, status_code, kind, reason: message });
        throw error;
      }
    },
  };
}
