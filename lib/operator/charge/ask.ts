/** Asks one peer whether a Token may charge, and sorts what comes of it. */
import { setTimeout as delay } from 'node:timers/promises';
import { joinUrl } from '../../client/join-url.ts';
import { PeerError } from '../../client/peer-error.ts';
import { OcpiError } from '../../errors.ts';
import type { AuthorizationAnswer, LocationReferences } from '../../ocpi/token.ts';
import { fold } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import { isHub, type Peer } from '../../peers/peer.ts';
import { openTokensLine, type TokensLine } from '../../peers/tokens-line.ts';
import { typeQuery } from '../../peers/type-query.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';
import { questionFailed } from '../../telemetry/events.ts';
import type { Said } from '../../tokens/received/may-charge.ts';
import { type Places, questionsAtOnce } from './places.ts';

export interface Question {
  uid: string;
  type?: string | undefined;
  location?: LocationReferences | undefined;
  /** The party of ours that asks. */
  from: PartyId;
  /** Who owns the Token, if that is known. */
  owner?: PartyId | undefined;
  correlationId: string;
}

export interface Outcome {
  said: Said;
  answer?: AuthorizationAnswer;
  /** In words for the owner, where there is no answer. */
  why?: string;
}

/** @returns what a question without it would only be refused for: the driver need not wait for that */
function missingFor({ settings }: Peer, location: LocationReferences | undefined): string | undefined {
  const demands = settings?.demandsLocation;
  if (demands === undefined) return undefined;
  if (demands === 'one-evse' && location?.evse_uids?.length !== 1) return 'it wants a location with exactly one EVSE';
  return location ? undefined : 'it wants a location';
}

/**
 * A permission for other EVSEs is none for these (AUTH-14).
 * @param asked without EVSEs means all of them
 */
function isHere({ evse_uids: asked = [] }: LocationReferences, permitted: LocationReferences | undefined): boolean {
  const open = new Set((permitted?.evse_uids ?? []).map(fold));
  return asked.length === 0 || open.size === 0 || asked.some((uid) => open.has(fold(uid)));
}

function outcomeOf(answer: AuthorizationAnswer, { location }: Question): Outcome {
  if (answer.allowed !== 'ALLOWED') return { said: 'denies', answer };
  if (!location || isHere(location, answer.location)) return { said: 'allows', answer };
  return { said: 'denies', answer, why: 'it allows other EVSEs of the location only' };
}

/** C-01, AUTH-09, WL-04. A refusal is an answer, and our 401 no reason to let cards through; 3xxx and what a hub cannot reach is none. */
function saidBy({ kind, http = 0, status_code = 0 }: PeerError): Said {
  if (http === 404 || status_code === 2004) return 'unknown';
  if (status_code === 2002) return 'needs-location';
  const isTheirs = http >= 500 || (status_code >= 3000 && status_code !== 4001);
  return kind !== 'refused' || isTheirs ? 'silent' : 'refuses';
}

function failureOf(error: unknown): Outcome | undefined {
  if (error instanceof PeerError) {
    const { summary, words } = error;
    return { said: saidBy(error), why: words ? `${summary}: "${words}"` : summary };
  }
  // It answered, but not in words that permit anything.
  if (error instanceof OcpiError) return { said: 'refuses', why: error.message };
  return undefined;
}

/** Servers built on py_ocpi answer with a list, and it holds the one AuthorizationInfo. */
const theOneIn = (data: unknown): unknown => (Array.isArray(data) && data.length === 1 ? data[0] : data);

/** @returns undefined for whom the peer's own interface is about. A hub finds out by itself whose card it is (RTE-10). */
function addresseeFor(peer: Peer, owner: PartyId | undefined): PartyId | null | undefined {
  if (isHub(peer)) return peer.settings?.addressesHub ? undefined : (owner ?? null);
  return owner;
}

async function putQuestion(line: TokensLine, question: Question, timeoutMs: number) {
  const { url, wire, peer } = line;
  const { uid, type, location, from, owner, correlationId } = question;
  const to = addresseeFor(peer, owner);
  const { data } = await line.ask({
    method: 'POST',
    url: joinUrl(url, uid, 'authorize'),
    query: typeQuery(peer, type === undefined || type === 'RFID' ? undefined : wire.encodeTokenType(type)),
    ...(location && { body: wire.encodeLocationReferences(location) }),
    from,
    ...(to !== undefined && { to }),
    timeoutMs,
    correlationId,
  });
  return wire.decodeAuthorizationInfo(theOneIn(data));
}

async function askNow(runtime: PeerRuntime, peer: Peer, question: Question, endsAt: number): Promise<Outcome> {
  try {
    const line = await openTokensLine(runtime, peer, 'SENDER');
    if (!line) return { said: 'silent', why: 'we have no connection with a Sender interface of its Tokens' };
    const left = Math.max(1, endsAt - runtime.now().getTime());
    const answer = await putQuestion(line, question, Math.min(left, peer.settings?.timeoutMs ?? left));
    return outcomeOf(answer, question);
  } catch (error) {
    const outcome = failureOf(error);
    if (outcome) return outcome;
    questionFailed(runtime.log, { peer: peer.id, correlationId: question.correlationId }, error);
    return { said: 'silent', why: 'the question could not be sent; the log says why' };
  }
}

/**
 * One question to one peer, in its version (AUTH-01). Never rejects.
 * @param endsAt milliseconds since the epoch, after which nobody waits any more
 */
export async function askPeer(
  runtime: PeerRuntime,
  places: Places,
  peer: Peer,
  question: Question,
  endsAt: number,
): Promise<Outcome> {
  const missing = missingFor(peer, question.location);
  if (missing) return { said: 'needs-location', why: missing };
  const work = places.within(peer.id, () => askNow(runtime, peer, question, endsAt));
  const outcome = await inTime(work, endsAt - runtime.now().getTime(), {
    said: 'silent',
    why: 'it did not answer in time',
  });
  return outcome ?? { said: 'silent', why: `${questionsAtOnce} questions wait for it already` };
}

/** The vault is asked over the network too, so that bounding the request is not enough. */
async function inTime<T>(work: Promise<T>, ms: number, late: T): Promise<T> {
  const patience = new AbortController();
  const tooLate = delay(Math.max(0, ms), late, { signal: patience.signal }).catch(() => late);
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    patience.abort();
  }
}
