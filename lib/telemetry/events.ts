/** Everything that is ever logged, one function each. None takes a secret, or what identifies a driver. */
import type { Log } from './log.ts';
import type { PeerMetric, Values } from './metrics.ts';

interface RequestAbout extends Record<string, unknown> {
  route: string | undefined;
  http: number | undefined;
  ms: number | undefined;
}

/** How a request is counted. */
interface Counted {
  isSuccess: boolean;
  /** The name under which the peer is measured, if it is known. */
  peer: string | undefined;
  /** Of the function's time. */
  msLeft: number | undefined;
}

/** Of a function's time, for which a call is near its end: those that work as long as they may stop earlier by themselves. */
const nearMs = 2_000;

/** Once for each call that no gateway has made, whatever became of it. */
export function callEnded({ metrics }: Log, msLeft: number | undefined): void {
  if (msLeft !== undefined && msLeft < nearMs) metrics?.say({ NearTimeouts: 1 }, { endpoint: metrics.endpoint });
}

function count(log: Log, { peer, msLeft }: Counted, more: { Refusals?: 1; Failures?: 1 }): void {
  log.metrics?.say({ Requests: 1, ...more }, { endpoint: log.metrics.endpoint, peer });
  callEnded(log, msLeft);
}

/** Every line of ours at this level is one failure. */
function failed(log: Log, message: string, fields: Record<string, unknown>): void {
  log.error(message, fields);
  log.metrics?.say({ Failures: 1 }, { endpoint: log.metrics.endpoint });
}

export function requestAnswered(log: Log, about: RequestAbout, counted: Counted): void {
  log.info('request', about);
  count(log, counted, counted.isSuccess ? {} : { Refusals: 1 });
}

/** A request that we could not answer as we should. */
export function requestFailed(log: Log, about: RequestAbout, error: unknown, counted: Counted): void {
  log.error('request failed', { ...about, error });
  count(log, counted, { Failures: 1 });
}

/** The request is good all the same. */
export const useNotRecorded = (log: Log, peer: string, error: unknown): void =>
  log.warn('use of a token not recorded', { peer, error });

/** A peer is over its limit: until the window of time ends it is told to wait, by each process that sees it. */
export const allowanceSpent = (log: Log, peer: string, kind: string): void =>
  log.warn('a peer sends more than it may', { peer, kind });

/** The peer passes meanwhile. */
export const allowanceNotTaken = (log: Log, peer: string, error: unknown): void =>
  log.warn('what a peer sends is not counted', { peer, error });

/** OCPI-to names a party that we are not, and the request is answered as if it named none (RTE-15). */
export const strangerAddressed = (log: Log, about: { peer: string; party: string; requestId: string }): void =>
  log.warn('OCPI-to names none of our parties', about);

export const storageSilent = (log: Log, error: unknown): void => log.warn('the storage does not answer', { error });

/** A request of ours to a peer, and how it went. */
export const peerAnswered = (log: Log, about: Record<string, unknown>): void => log.info('peer request', about);
export const peerFailed = (log: Log, about: Record<string, unknown>): void => log.warn('peer request', about);

interface ChangeAbout extends Record<string, unknown> {
  operation: string;
  /** The principal, as a fact. */
  by: string;
  /** The name of its session, as a claim. */
  session: string | undefined;
  correlationId: string;
}

/** The audit line: who changed what, and what it was before and after. */
export const changed = (log: Log, about: ChangeAbout): void => log.info('changed', about);

export const expiryPublished = (log: Log, count: number): void => log.info('expired Tokens published', { count });

export const expiryFailed = (log: Log, error: unknown): void => failed(log, 'expired Tokens not published', { error });

/** It is free by itself after a while. */
export const handshakePlaceKept = (log: Log, error: unknown): void =>
  log.warn('the place of a handshake was not given back', { error });

/** Nobody refers to it any more. */
export const formerListKept = (log: Log, collection: string): void =>
  log.warn('a former list of a hub was not removed', { collection });

export const syncKept = (log: Log, peer: string): void =>
  log.warn('what a former connection was refused was not removed', { peer });

/** Tokens have been exchanged with a peer by schedule. */
export const rotated = (log: Log, peer: string): void => log.info('tokens exchanged by schedule', { peer });

/** The connection is what it was. @param about.nextAt when it is tried again */
export const rotationFailed = (
  log: Log,
  about: { peer: string; times: number; nextAt: string },
  error: unknown,
): void => failed(log, 'tokens not exchanged by schedule', { ...about, error });

export const rotationsFailed = (log: Log, error: unknown): void =>
  failed(log, 'nobody knows with whom tokens are to be exchanged', { error });

export const erasuresCompleted = (log: Log, count: number): void => log.info('erasures completed', { count });

export const erasuresFailed = (log: Log, error: unknown): void => failed(log, 'erasures not completed', { error });

export const lateRepublished = (log: Log, count: number): void =>
  log.warn('changes that landed late published again', { count });

export const lateNotRepublished = (log: Log, error: unknown): void =>
  failed(log, 'a change that landed late was not published again', { error });

/** Whatever it was for is found by the next minute's look. */
export const wakeFailed = (log: Log, error: unknown): void => failed(log, 'peers were not woken', { error });

/** The write itself is done, and the next minute's look finds it. */
export const changeNotTold = (log: Log, error: unknown): void => failed(log, 'a change was not told on', { error });

/** @param lane undefined if the message named none */
export const syncFailed = (log: Log, lane: string | undefined, error: unknown): void =>
  failed(log, 'a slice of syncing failed', { lane, error });

/** A peer could not be asked about a card, for a reason of ours. */
export const questionFailed = (log: Log, about: { peer: string; correlationId: string }, error: unknown): void =>
  failed(log, 'a peer could not be asked about a card', { ...about, error });

/** The answer to the driver is good all the same. */
export const answerNotKept = (log: Log, about: { peer: string; correlationId: string }, error: unknown): void =>
  log.warn('what a peer said of a card was not kept', { ...about, error });

/** A walk through a peer's list has come to its end, or goes no further. */
export const pullEnded = (log: Log, about: Record<string, unknown>): void => log.info('pulled', about);

/** A charger has its answer. @param source who decided */
export const cardAnswered = ({ metrics }: Log, source: string): void => metrics?.say({ Answers: 1 }, { source });

/** @param peer the name under which one is measured, or several are */
export function peersMeasured({ metrics }: Log, peer: string, values: Values<PeerMetric>): void {
  if (Object.keys(values).length > 0) metrics?.say(values, { peer });
}
