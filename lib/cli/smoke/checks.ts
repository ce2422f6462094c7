/** What a check finds, and how checks are carried out: one after the other, until somebody interrupts. */
import type { Findings } from '../doctor.ts';

/** As the doctor's. `skip`: does not apply here, or cannot be looked at, and the message says why. */
export type Result = Findings[number];
export type Finding = Omit<Result, 'check'>;

export interface Check {
  name: string;
  run: () => Promise<Finding>;
}

/** Thrown by a check: something is not as it should be. */
export class Wrong extends Error {
  readonly advice: string | undefined;

  constructor(message: string, advice?: string) {
    super(message);
    this.advice = advice;
  }
}

/** Thrown by a check that does not apply, or that needs what another one could not have. */
export class NotChecked extends Error {}

export const ok = (message: string): Finding => ({ status: 'ok', message });

export async function carryOut({ name, run }: Check): Promise<Result> {
  try {
    return { check: name, ...(await run()) };
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof NotChecked) return { check: name, status: 'skip', message };
    const { advice } = error as Partial<Wrong>;
    return { check: name, status: 'fail', message, ...(advice !== undefined && { advice }) };
  }
}

const lookAgainMs = 250;

/** Indexes show a write a moment later. @param patienceMs how long a moment may be @throws what the last look did */
export async function eventually<T>(look: () => Promise<T>, patienceMs = 5_000): Promise<T> {
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof Wrong) || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }
}
