/** Connections to hosts that are not trusted. They are kept while requests follow each other: a handshake costs more than a request. */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createLookup, type Resolve, type UrlPolicy } from './url-policy.ts';

export interface ConnectionOptions {
  policy: UrlPolicy;
  /** Host name to addresses; the system's resolver unless given. */
  resolve?: Resolve;
  /** PEM of certificate authorities to trust in place of the well-known ones. */
  ca?: string;
}

/** Less than servers keep a connection on which nothing is said. */
const keptMs = 2_000;

const closings = new Set(['ECONNRESET', 'EPIPE']);

/** Whether the connection was closed after its last answer, while this request was on its way. */
export const cameTooLate = ({ reusedSocket }: ClientRequest, error: Error): boolean =>
  reusedSocket && closings.has((error as NodeJS.ErrnoException).code ?? '');

function createAgents({ policy, resolve, ca }: ConnectionOptions, keepAlive: boolean) {
  const optionsFor = (protocol: string) => ({
    keepAlive,
    timeout: keptMs,
    lookup: createLookup(policy, protocol, resolve),
  });
  return {
    http: new HttpAgent(optionsFor('http:')),
    // Said here, so that no environment variable switches it off.
    https: new HttpsAgent({ ...optionsFor('https:'), rejectUnauthorized: true, ...(ca !== undefined && { ca }) }),
  };
}

/**
 * Makes what begins a request. Its connections are its own, so that none is ever reused under another policy.
 * Proxies of the environment are not used: they would look names up beyond our reach.
 */
export function createConnections(options: ConnectionOptions) {
  const kept = createAgents(options, true);
  const single = createAgents(options, false);
  let usedAt = 0;

  /** By the wall clock: a function that is frozen between two calls has its timers frozen too. */
  function dropStale(): void {
    const now = Date.now();
    if (now - usedAt > keptMs) {
      const idle = [kept.http, kept.https].flatMap(({ freeSockets }) => Object.values(freeSockets).flat());
      for (const socket of idle) socket?.destroy();
    }
    usedAt = now;
  }

  /** @param mayBeLate whether it may go over a connection that was kept, and then perhaps `cameTooLate` */
  return function begin(url: URL, request: RequestOptions, mayBeLate: boolean): ClientRequest {
    dropStale();
    const { http, https } = mayBeLate ? kept : single;
    return url.protocol === 'https:'
      ? httpsRequest(url, { ...request, agent: https })
      : httpRequest(url, { ...request, agent: http });
  };
}
