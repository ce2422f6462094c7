/**
 * What a peer refuses: noted Token by Token, so that all others go on. A refusal is about a Token and no failure of the peer; what it
 * says of all Tokens alike is one.
 */
import type { PeerError } from '../../client/peer-error.ts';
import { changeRecord } from '../../crud/change-record.ts';
import type { Backend } from '../../crud/crud.ts';
import type { Token } from '../../ocpi/token.ts';
import { type Refused, refusedAddress, refusedCollection } from '../refused.ts';
import type { PushState } from '../state.ts';
import { tokenName } from '../token-name.ts';

/** A peer that refuses more of them refuses us, and waits for the operator. */
export const mostRefused = 1_000;

/** So many refusals one after the other, of as many Tokens, are a failure. */
export const mostInARow = 20;

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

/** So often a peer fails at a Token, and takes others each time in between, before the failure is the Token's. */
const mostTimesStuck = 5;

/** These say nothing of the Token. */
const aboutUs = new Set([401, 403, 429]);

/**
 * @param succeededAt when the peer last took a Token
 * @returns at which Token the peer fails, now that it has failed at this one
 */
export function stuckAt(
  name: string,
  before: PushState['stuck'],
  { http = 0 }: PeerError,
  succeededAt: string | undefined,
  now: string,
): PushState['stuck'] {
  if (aboutUs.has(http)) return before;
  if (before?.name !== name) return { name, at: now, times: 0 };
  return (succeededAt ?? '') > before.at ? { name, at: now, times: before.times + 1 } : before;
}

/** Whether the peer fails at this one Token only: a server that answers 500 to a uid would hold up all others for ever. */
export const isOfToken = (stuck: PushState['stuck']): boolean => stuck !== undefined && stuck.times >= mostTimesStuck;

export const noteRefusal = (
  { records }: Pick<Backend, 'records'>,
  peer: string,
  refusal: Omit<Refused, 'tries'>,
): Promise<void> =>
  changeRecord(records, refusedAddress(peer, refusal), (data) => ({ ...refusal, tries: Number(data?.tries ?? 0) + 1 }));

export const forgetRefusal = (
  { records }: Pick<Backend, 'records'>,
  peer: string,
  token: Pick<Token, 'uid' | 'type'>,
): Promise<void> => records.delete(refusedAddress(peer, token));

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
      collection: refusedCollection(peer),
      limit: pageSize,
      ...(after !== undefined && { after }),
    });
    for (const { data } of page.items) {
      const refusal = data as unknown as Refused;
      const name = tokenName(refusal);
      if (known.has(name)) noted.push(name);
      else await forgetRefusal(backend, peer, refusal);
    }
    after = page.next;
  } while (after !== undefined);
  return noted;
}
