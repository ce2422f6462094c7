/** What a check of the doctor finds, and how checks are carried out one after the other, in time. */
import { OcpiError } from '../../errors.ts';
import type { examinePlatform } from '../api/doctor.ts';
import type { OutputOf } from '../api/operation.ts';
import { hintFor } from '../peers/common.ts';

type Findings = OutputOf<typeof examinePlatform>;
type Result = Findings['checks'][number];

/** `skip`: what it takes to look is not there, for a reason that another check reports or that is no fault. */
export type Finding = Omit<Result, 'check'>;

export const ok = (message: string): Finding => ({ status: 'ok', message });
export const warn = (message: string, advice: string): Finding => ({ status: 'warn', message, advice });
export const fail = (message: string, advice?: string): Finding => ({
  status: 'fail',
  message,
  ...(advice !== undefined && { advice }),
});
export const skip = (message: string): Finding => ({ status: 'skip', message });

export interface Check {
  name: string;
  /** What it throws is a failure of this check, and of no other. */
  run: () => Promise<Finding> | Finding;
}

/** Thrown by a check that needs what another one could not have. */
export class Unchecked extends Error {}

/**
 * Something that several checks need. It is had at the first call; where it cannot be, the one that asks first fails, and the
 * others are skipped.
 */
export function shared<T>(get: () => Promise<T> | T): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    if (value)
      return value.catch((error: unknown) => {
        throw error instanceof Unchecked ? error : new Unchecked('not checked, because of what failed above');
      });
    value = (async () => get())();
    return value;
  };
}

/** A peer's own words are in the message, where they may be shown; what nobody foresaw is shown by its first line. */
function failureOf(error: unknown): Finding {
  if (error instanceof Unchecked) return skip(error.message);
  if (!(error instanceof Error)) return fail(String(error));
  const [first = ''] = error.message.split('\n');
  const said = error instanceof OcpiError ? first.replace(/^Your\b/, 'Their') : first;
  return fail(said || error.name, hintFor(error));
}

async function carryOut({ run }: Check): Promise<Finding> {
  try {
    return await run();
  } catch (error) {
    return failureOf(error);
  }
}

/** @returns what the work comes to, or the other if the time is over first */
async function within(ms: number, work: () => Promise<Finding>, late: Finding): Promise<Finding> {
  if (ms <= 0) return late;
  let timer: NodeJS.Timeout | undefined;
  const timeOut = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  try {
    return await Promise.race([work(), timeOut]);
  } finally {
    clearTimeout(timer);
  }
}

const notReached = skip('not reached in the time of one request: ask again');

interface Clock {
  now: () => Date;
  /** Milliseconds since the epoch; checks that are not reached until then are skipped. */
  deadline: number;
}

/** One check after the other, because a later one says less where an earlier one has failed. */
export async function examine(checks: readonly Check[], { now, deadline }: Clock): Promise<Findings> {
  const results: Result[] = [];
  for (const check of checks) {
    const finding = await within(deadline - now().getTime(), () => carryOut(check), notReached);
    results.push({ check: check.name, ...finding });
  }
  return { isHealthy: results.every(({ status }) => status !== 'fail'), checks: results };
}
