/** How a command ends that does not succeed: one line for the person, one exit code for the script. */
import { CrudError } from '../crud/crud.ts';

export const exitCodes = {
  ok: 0,
  /** Something was wrong with the data, or is not there. */
  data: 1,
  usage: 2,
  /** The database cannot be reached or used. */
  database: 3,
  /** What shells expect of a program that Ctrl-C has ended. */
  interrupted: 130,
} as const;

export class Failure extends Error {
  readonly exitCode: number;

  constructor(kind: Exclude<keyof typeof exitCodes, 'ok'>, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.exitCode = exitCodes[kind];
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** @returns what to tell the person of anything that was thrown */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof CrudError) {
    return new Failure('data', 'Somebody else changed the same thing at the same moment; try again', { cause: error });
  }
  const message = error instanceof Error ? error.message || error.name : String(error);
  return new Failure('data', firstLine(message), { cause: error });
}

interface ClientError extends Error {
  code?: string;
  /** On every error that a request of the AWS SDK ends with. */
  $metadata?: unknown;
}

const remedies: Record<string, string> = {
  CredentialsProviderError: 'there are no AWS credentials',
  ECONNREFUSED: 'nothing answers there',
  ENOTFOUND: 'there is no such host',
  ResourceNotFoundException: 'it has no such table',
};

/**
 * @param where the database, for people
 * @returns a Failure if it was the database that could not be reached or refused; anything else as it is
 */
export function databaseFailure(error: unknown, where: string): unknown {
  if (!(error instanceof Error) || error instanceof Failure) return error;
  const { name, code = '', message, $metadata }: ClientError = error;
  const isRegionMissing = /region is missing/i.test(message);
  if ($metadata === undefined && name !== 'CredentialsProviderError' && !isRegionMissing) return error;
  const reason = isRegionMissing ? 'AWS_REGION is not set' : (remedies[code] ?? remedies[name]);
  const said = reason ?? firstLine(`${name}: ${message || code}`);
  return new Failure('database', `Cannot use the database ${where}: ${said}`, { cause: error });
}
