/**
 * What a peer refuses: noted Token by Token, so that all others go on. A refusal is about a Token and no failure of the peer; what it
 * says of all Tokens alike is one.
 */
import { PeerError } from '../../client/peer-error.ts';
import { changeRecord } from '../../crud/change-record.ts';
import type { Backend } from '../../crud/crud.ts';
import type { Token } from '../../ocpi/token.ts';
import { fold } from '../../ocpi/values.ts';
import { tokenName } from './token-name.ts';

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

/** Whether it is this Token that the peer does not take, and not its failure. */
export function isRefusal(error: unknown): error is PeerError {
  if (!(error instanceof PeerError) || error.kind !== 'refused') return false;
  const { http = 0, status_code = 0 } = error;
  if (ofThePeer.has(http) || http >= 500 || status_code >= 3000) return false;
  return ofOneToken.has(http) || (status_code >= 2000 && status_code < 3000);
}

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

const pageSize = 250;

/**
 * Notes are written one by one and a state after each page, so that a death in between leaves them at odds: what is noted and not in the
 * state is sent again, and noted again if it is refused; and what is in the state without a note has been taken.
 * @param refused the names in the state
 * @returns those that are noted
 */
export async function reconciled(
  backend: Pick<Backend, 'records'>,
  peer: string,
  refused: readonly string[],
): Promise<string[]> {
  const known = new Set(refused);
  const noted: string[] = [];
  let after: string | undefined;
  do {
    const page = await backend.records.list({
      collection: refusedBy(peer),
      limit: pageSize,
      ...(after !== undefined && { after }),
    });
    for (const { data } of page.items) {
      const refusal = data as unknown as Refusal;
      const name = tokenName(refusal);
      if (known.has(name)) noted.push(name);
      else await forgetRefusal(backend, peer, refusal);
    }
    after = page.next;
  } while (after !== undefined);
  return noted;
}
