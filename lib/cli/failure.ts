/** How a command ends that does not succeed: one line for the person, one exit code for the script. */
import type { ProblemType } from '../operator/api/operation.ts';
import { ProblemResponse } from '../operator/client.ts';
import { NoAnswer } from '../operator/send.ts';

export const exitCodes = {
  ok: 0,
  /** Something was wrong with the data, or is not there. */
  data: 1,
  usage: 2,
  /** The API cannot be reached or used. */
  api: 3,
  /** A partner cannot be reached, or does not answer in OCPI. */
  partner: 4,
  /** What shells expect of a program that Ctrl-C has ended. */
  interrupted: 130,
} as const;

type Kind = Exclude<keyof typeof exitCodes, 'ok'>;

export class Failure extends Error {
  readonly exitCode: number;

  constructor(kind: Kind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.exitCode = exitCodes[kind];
  }
}

/** What --json prints of it. */
export const errorObject = (exitCode: number, message: string) => ({ error: { exitCode, message } });

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** All others are about the data. */
const kinds: Partial<Record<ProblemType, Kind>> = {
  invalid: 'usage',
  'not-allowed': 'api',
  'no-such-operation': 'api',
  'wrong-method': 'api',
  internal: 'api',
  'peer-fails': 'partner',
};

/** @returns what to tell the person of anything that was thrown */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = firstLine(error instanceof Error ? error.message || error.name : String(error));
  if (error instanceof NoAnswer) return new Failure('api', message, { cause: error });
  const kind = error instanceof ProblemResponse ? kinds[error.type] : undefined;
  return new Failure(kind ?? 'data', message, { cause: error });
}
