/** Sends the Tokens of a page: never more at once or in a second than the peer's settings allow, and for about a second. */
import { PeerError } from '../../client/peer-error.ts';
import type { StoredToken } from '../../crud/crud.ts';
import type { TokensLine } from '../../peers/tokens-line.ts';
import { NeedsOperator } from '../backoff.ts';
import type { SyncRuntime } from '../runtime.ts';
import type { PushState } from '../state.ts';
import { tokenName } from '../token-name.ts';
import { forgetRefusal, isOfToken, isRefusal, mostInARow, mostRefused, noteRefusal, stuckAt } from './refusals.ts';
import { sendToken } from './send-token.ts';

/** After it no further Token is begun: a block is looked for before each page, and has to be with the peer within seconds. */
export const pageMs = 1_000;

/** After it a Token is tried again at which the peer failed, and no other. */
const doubtMs = 600_000;

const usualAtOnce = 4;
export const usualPerSecond = 20;

export interface Sent {
  /** Those that the peer has taken, or refused. */
  handled: StoredToken[];
  state: PushState;
  failure?: unknown;
}

const many = new Error('The peer refuses one Token after the other');
const tooMany = new NeedsOperator(`The peer refuses more than ${mostRefused} Tokens, and waits for the operator`);

/**
 * What is invalid first: of all that is late, a card that should not charge does the most harm. Last that at which the peer failed:
 * the others tell whether it fails at that one or at all.
 */
function inOrder(tokens: readonly StoredToken[], stuck: PushState['stuck']): StoredToken[] {
  const rank = ({ data }: StoredToken): number => (tokenName(data) === stuck?.name ? 2 : Number(data.valid));
  return tokens.toSorted((a, b) => rank(a) - rank(b));
}

/**
 * Ends with the first failure, once all that is under way has ended.
 * @throws Error of the storage
 */
export async function sendAll(
  runtime: SyncRuntime,
  line: TokensLine,
  tokens: readonly StoredToken[],
  before: PushState,
): Promise<Sent> {
  const { now, sleep } = runtime;
  const { pushesAtOnce = usualAtOnce, pushesPerSecond = usualPerSecond } = line.peer.settings ?? {};
  const stepMs = 1_000 / pushesPerSecond;
  const endAt = now().getTime() + pageMs;
  const left = inOrder(tokens, before.stuck).values();
  let begun = 0;
  const handled: StoredToken[] = [];
  let { taken, refusedInARow, succeededAt, stuck, retryAt } = before;
  let refused = [...before.refused];
  let paceAt = Date.parse(before.paceAt ?? new Date(0).toISOString());
  let isFailing = before.failing !== undefined;
  let failure: unknown;
  let ours: { error: unknown } | undefined;

  /** One Token is begun whatever the time. */
  const mayBegin = (): boolean => {
    if (failure !== undefined || ours) return false;
    return begun === 0 || Math.max(now().getTime(), paceAt) < endAt;
  };

  /** Each waits for its turn in the second, in the order in which they come. */
  async function turn(): Promise<void> {
    begun += 1;
    const at = Math.max(now().getTime(), paceAt);
    paceAt = at + stepMs;
    const ms = at - now().getTime();
    if (ms > 0) await sleep(ms);
  }

  async function send(stored: StoredToken): Promise<void> {
    const name = tokenName(stored.data);
    try {
      await sendToken(line, stored.data, now());
      taken += 1;
      refusedInARow = 0;
      succeededAt = now().toISOString();
      isFailing = false;
      if (stuck?.name === name) stuck = undefined;
      if (refused.includes(name)) {
        await forgetRefusal(runtime.backend, line.peer.id, stored.data);
        refused = refused.filter((other) => other !== name);
      }
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      if (!isRefusal(error, stored.data)) {
        stuck = stuckAt(name, stuck, error, succeededAt, now().toISOString());
        if (!isOfToken(stuck)) throw error;
        stuck = undefined;
        // Should it have been the peer's failure all the same, a day would be long.
        retryAt = new Date(now().getTime() + doubtMs).toISOString();
      }
      await refuse(stored, name, error);
    }
    handled.push(stored);
  }

  async function refuse({ data }: StoredToken, name: string, error: PeerError): Promise<void> {
    const { uid, type, last_updated: stamp } = data;
    const at = now().toISOString();
    await noteRefusal(runtime.backend, line.peer.id, { uid, type, stamp, at, ...reasonOf(error) });
    if (!refused.includes(name)) refused.push(name);
    refusedInARow += 1;
    // Who judges a Token is there; but a row of refusals is a failure itself, and not its end.
    if (refusedInARow < mostInARow) isFailing = false;
    if (refused.length > mostRefused) failure ??= tooMany;
    else if (refusedInARow >= mostInARow) failure ??= many;
  }

  async function worker(): Promise<void> {
    while (mayBegin()) {
      const { value: stored, done } = left.next();
      if (done) return;
      await turn();
      await send(stored).catch((error: unknown) => {
        if (error instanceof PeerError) failure ??= error;
        else ours ??= { error };
      });
    }
  }

  // A peer that fails is asked with a single request whether it is back.
  const atOnce = isFailing ? 1 : Math.min(pushesAtOnce, tokens.length);
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (ours) throw ours.error;
  const { failing, stuck: _, ...rest } = before;
  const state: PushState = {
    ...rest,
    refused,
    refusedInARow,
    taken,
    paceAt: new Date(Math.ceil(paceAt)).toISOString(),
    ...(succeededAt !== undefined && { succeededAt }),
    ...(isFailing && failing && { failing }),
    ...(stuck && { stuck }),
    ...(retryAt !== undefined && { retryAt }),
  };
  return { handled, state, ...(failure !== undefined && { failure }) };
}

const reasonOf = ({ message, words, http, status_code }: PeerError) => ({
  why: words ?? message,
  ...(http !== undefined && { http }),
  ...(status_code !== undefined && { status_code }),
});
