/**
 * What a peer refuses: noted Token by Token, so that all others go on. A refusal is about a Token and no failure of the peer; what it
 * says of all Tokens alike is one.
 */
import type { PeerError } from '../../client/peer-error.ts';
import { changeRecord } from '../../crud/change-record.ts';
import type { Backend } from '../../crud/crud.ts';
import type { Token } from '../../ocpi/token.ts';
import { fold } from '../../ocpi/values.ts';
import type { PushState } from '../state.ts';

/** A peer that refuses more of them refuses us, and waits for the operator. */
export const mostRefused = 1_000;

/** So many refusals one after the other, of as many Tokens, are a failure. */
export const mostInARow = 20;

/** Tokens that are refused, of one peer. */
export const refusedBy = (peer: string): string => `refused/${peer}`;

export interface Refusal {
  uid: string;
  type: string;
  /** The state of the Token that was refused, by its last_updated. */
  stamp: string;
  /** When it was refused last. */
  at: string;
  /** In the peer's words. */
  why: string;
  http?: number;
  status_code?: number;
  /** How often it has been refused. */
  tries: number;
}

const ofOneToken = new Set([400, 409, 422]);
const ofThePeer = new Set([401, 403, 404, 405, 429]);

/**
 * Whether it is this Token that the peer does not take, and not its failure. Many servers decode a path before they route it, and have
 * nothing at the URL of a uid with a slash.
 */
export function isRefusal({ kind, http = 0, status_code = 0 }: PeerError, { uid }: Pick<Token, 'uid'>): boolean {
  if (kind !== 'refused') return false;
  if (http === 404 && uid.includes('/')) return true;
  if (ofThePeer.has(http) || http >= 500 || status_code >= 3000) return false;
  return ofOneToken.has(http) || (status_code >= 2000 && status_code < 3000);
}

/** So often a peer fails at a Token, and takes others meanwhile, before the failure is the Token's. */
const mostTimesStuck = 5;

/** These say nothing of the Token. */
const aboutUs = new Set([401, 403, 429]);

/** @returns at which Token the peer fails, now that it has failed at this one */
export function stuckAt(
  name: string,
  before: PushState['stuck'],
  { http = 0 }: PeerError,
  now: Date,
): PushState['stuck'] {
  if (aboutUs.has(http)) return before;
  if (before?.name === name) return { ...before, times: before.times + 1 };
  return { name, since: now.toISOString(), times: 1 };
}

/** Whether the peer fails at this one Token only: a server that answers 500 to a uid would hold up all others for ever. */
export const isOfToken = (stuck: PushState['stuck'], succeededAt: string | undefined): boolean =>
  stuck !== undefined && stuck.times >= mostTimesStuck && succeededAt !== undefined && succeededAt > stuck.since;

export const refusalId = ({ uid, type }: Pick<Token, 'uid' | 'type'>): string => `${type}#${fold(uid)}`;

export const noteRefusal = (
  { records }: Pick<Backend, 'records'>,
  peer: string,
  refusal: Omit<Refusal, 'tries'>,
): Promise<void> =>
  changeRecord(records, { collection: refusedBy(peer), id: refusalId(refusal) }, (data) => ({
    ...refusal,
    tries: Number(data?.tries ?? 0) + 1,
  }));

export const forgetRefusal = (
  { records }: Pick<Backend, 'records'>,
  peer: string,
  token: Pick<Token, 'uid' | 'type'>,
): Promise<void> => records.delete({ collection: refusedBy(peer), id: refusalId(token) });
