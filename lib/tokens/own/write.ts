/**
 * The one way in which Tokens of ours are written: read, plan, write, and all of it again for those that have moved on in between.
 * Each attempt has a stamp of its own, and a write that took too long to be sure that every reader saw it in time is dated anew.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ownTokensCall } from '../../crud/calls.ts';
import {
  type Backend,
  CrudError,
  maxTokensAtOnce,
  type OwnToken,
  type StoredToken,
  type TokenWrite,
  type WriteOutcome,
} from '../../crud/crud.ts';
import type { Token } from '../../ocpi/token.ts';
import { fold } from '../../ocpi/values.ts';
import { noteExpiry } from './note-expiry.ts';
import { hasSettled, stampOf } from './publish.ts';

export interface OwnTokensRuntime {
  backend: Pick<Backend, 'tokens' | 'records'>;
  now: () => Date;
  told?: Told;
}

/** Hears of what has been written, settings alone too, where no stream tells of it. It does not reject: the write is done. */
export type Told = (written: readonly Done[]) => Promise<void>;

/** What is to become of a Token, from what is stored of it; undefined if nothing is to be written. */
export interface Plan {
  data: Token;
  settings: OwnToken['settings'];
  /** A change that peers can see is dated now. What only we can see keeps its date; so does what is published elsewhere already. */
  isDated: boolean;
}

export interface Intent {
  uid: string;
  type: string;
  /** Whether it makes sense for a Token that is not there, so that it may be tried before anything is read. */
  mayCreate: boolean;
  /** @throws what the caller is to learn if the stored Token does not allow it */
  plan(stored: StoredToken | undefined, now: Date): Plan | undefined;
}

/** `before` and `after` are the Token as it was read and as it was written; without `after` nothing was. */
export interface Written {
  before: StoredToken | undefined;
  after: OwnToken | undefined;
}

/** A write that has been carried out. */
export interface Done {
  before: Token | undefined;
  after: Token;
}

export type WriteOwn = (intents: readonly Intent[]) => Promise<Written[]>;

/** Enough for dozens of writers on one Token, each of whom lets one pass. */
const maxAttempts = 50;
/** A storage that keeps failing is not there; what it has done so far is safe to do again. */
const maxFailures = 3;
const maxPauseMs = 50;

const nameOf = ({ uid, type }: Pick<Intent, 'uid' | 'type'>): string => `${type}#${fold(uid)}`;

interface Task {
  intent: Intent;
  written?: Written;
  /** Written, but too slowly to be sure that everybody saw it in time. */
  isLate?: true;
  /** By their stamps, the attempts of which nobody knows whether they succeeded. */
  tried: Map<string, Pick<Attempt, 'plan' | 'stored'>>;
  attempts: number;
  failures: number;
}

interface Attempt {
  task: Task;
  plan: OwnToken;
  stored: StoredToken | undefined;
  isDated: boolean;
}

/**
 * @returns a function that carries out any number of intents, each on a Token of its own or one after the other on the same. It
 * rejects when the storage fails for good; what was done until then stays, and all may be sent again.
 */
export function createWriteOwn(runtime: OwnTokensRuntime): WriteOwn {
  /** New Tokens come with new ones, known ones with known ones: so one look tells which request to try first. */
  let expectNew = false;

  async function attempt(tasks: Task[]): Promise<void> {
    const { backend, now } = runtime;
    const stored = expectNew && tasks.every(mayBeNew) ? [] : await readAll(backend, tasks);
    const begun = now();
    const plans = tasks.map((task, i) => planOf(task, stored[i], begun));
    const writes: Attempt[] = [];
    tasks.forEach((task, i) => {
      const plan = plans[i];
      const before = stored[i];
      const { isDated = false } = plan ?? {};
      if (plan)
        writes.push({ task, plan: dated(plan, begun, backend.tokens.settleMs, before), isDated, stored: before });
      else task.written ??= { before, after: undefined };
    });
    if (writes.length === 0) return;

    await Promise.all(writes.map(({ plan, stored: before }) => noteExpiry(runtime, plan, before)));
    const outcomes = await writeAll(
      backend,
      writes.map(({ plan, stored: before }) => ({ ...plan, ...(before && { revision: before.revision }) })),
    );
    expectNew = outcomes.every((outcome) => outcome === 'done') && writes.every(({ stored: before }) => !before);
    const isInTime = hasSettled(begun, now(), backend.tokens.settleMs);
    for (const [i, { task, ...written }] of writes.entries()) settle(task, written, outcomes[i], isInTime);
    const done = writes.filter((_, i) => outcomes[i] === 'done');
    await runtime.told?.(done.map(({ stored: was, plan }) => ({ before: was?.data, after: plan.data })));
  }

  return async (intents) => {
    const tasks: Task[] = intents.map((intent) => ({ intent, tried: new Map(), attempts: 0, failures: 0 }));
    for (let left = tasks; left.length > 0; left = left.filter(isOpen)) {
      const round = oneEach(left).slice(0, maxTokensAtOnce);
      await attempt(round);
      const attempts = Math.max(0, ...round.filter(isOpen).map((task) => task.attempts));
      // Jitter keeps competing writers from meeting again.
      if (attempts > 0) await delay(Math.random() * Math.min(2 ** attempts, maxPauseMs));
    }
    return tasks.map(({ written }) => written as Written);
  };
}

const isOpen = ({ written, isLate }: Task): boolean => written === undefined || isLate === true;

const mayBeNew = ({ intent, attempts, isLate }: Task): boolean => intent.mayCreate && attempts === 0 && !isLate;

/** Of several intents on one Token the first comes first, and the others in a later round. */
function oneEach(tasks: Task[]): Task[] {
  const seen = new Set<string>();
  return tasks.filter(({ intent }) => {
    const name = nameOf(intent);
    const isFirst = !seen.has(name);
    seen.add(name);
    return isFirst;
  });
}

function planOf(task: Task, stored: StoredToken | undefined, now: Date): Plan | undefined {
  const again: Plan | undefined = stored && { data: stored.data, settings: stored.settings ?? {}, isDated: true };
  if (task.isLate) {
    delete task.isLate;
    // Whoever has written since has dated it anew.
    return isDeepStrictEqual(stored?.data, task.written?.after?.data) ? again : undefined;
  }
  const tried = task.tried.get(stored?.data.last_updated ?? '');
  // Of two writers at once both may have come to the same stamp.
  if (!tried || !isDeepStrictEqual(stored?.data, tried.plan.data)) return task.intent.plan(stored, now);
  // What seemed to fail had succeeded, and nobody knows when.
  task.written = { before: tried.stored, after: again };
  return again;
}

const dated = (
  { data, settings, isDated }: Plan,
  now: Date,
  settleMs: number,
  stored: StoredToken | undefined,
): OwnToken => ({
  data: isDated ? { ...data, last_updated: stampOf(now, settleMs, stored?.data.last_updated) } : data,
  settings,
});

type Outcome = WriteOutcome | { error: unknown };

function settle(
  task: Task,
  { plan, isDated, stored }: Omit<Attempt, 'task'>,
  outcome: Outcome | undefined,
  isInTime: boolean,
): void {
  task.attempts += 1;
  if (outcome === 'done') {
    task.written = { before: task.written ? task.written.before : stored, after: plan };
    // A date that was not made here promises nothing.
    if (!isInTime && isDated) task.isLate = true;
    return;
  }
  if (typeof outcome === 'object') {
    task.failures += 1;
    if (task.failures >= maxFailures) throw outcome.error;
    if (plan.data.last_updated !== stored?.data.last_updated) task.tried.set(plan.data.last_updated, { plan, stored });
    if (task.written) task.isLate = true;
  }
  if (task.attempts >= maxAttempts) throw new CrudError('conflict');
}

async function readAll({ tokens }: OwnTokensRuntime['backend'], tasks: Task[]): Promise<(StoredToken | undefined)[]> {
  const data = tasks.map(({ intent: { uid: id, type: token_type } }) => ({ id, token_type }));
  if (data.length > 1 && tokens.has('ReadTokens')) {
    return tokens.do<'ReadTokens'>({ ...ownTokensCall, action: 'ReadTokens', data });
  }
  return Promise.all(data.map((address) => tokens.get({ ...ownTokensCall, ...address })));
}

async function writeAll({ tokens }: OwnTokensRuntime['backend'], writes: TokenWrite[]): Promise<Outcome[]> {
  if (writes.length > 1 && tokens.has('WriteTokens')) {
    try {
      return await tokens.do<'WriteTokens'>({ ...ownTokensCall, action: 'WriteTokens', data: writes });
    } catch (error) {
      return writes.map(() => ({ error }));
    }
  }
  const outcomes: Outcome[] = [];
  // One after the other, because the list is in order of creation.
  for (const write of writes) outcomes.push(await writeOne(tokens, write));
  return outcomes;
}

async function writeOne(tokens: Backend['tokens'], { data, settings, revision }: TokenWrite): Promise<Outcome> {
  const { country_code, party_id, uid: id, type: token_type } = data;
  const call = { ...ownTokensCall, country_code, party_id, token_type, data, settings };
  try {
    if (revision === undefined) await tokens.create(call);
    else await tokens.update({ ...call, id, revision });
    return 'done';
  } catch (error) {
    return error instanceof CrudError ? error.code : { error };
  }
}
