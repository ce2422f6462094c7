/** How a command ends that does not succeed: one line for the person, one exit code for the script. */
import { PeerError } from '../client/peer-error.ts';
import { HandshakeError } from '../credentials/initiate.ts';
import { CrudError } from '../crud/crud.ts';
import { OcpiError } from '../errors.ts';

export const exitCodes = {
  ok: 0,
  /** Something was wrong with the data, or is not there. */
  data: 1,
  usage: 2,
  /** The database cannot be reached or used. */
  database: 3,
  /** A partner cannot be reached, or does not answer in OCPI. */
  partner: 4,
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
  if (error instanceof HandshakeError || error instanceof OcpiError || error instanceof PeerError) {
    return partnerFailure(error);
  }
  const message = error instanceof Error ? error.message || error.name : String(error);
  return new Failure('data', firstLine(message), { cause: error });
}

/** A partner's answer that is beneath an error, if there is one. */
export function peerErrorIn(error: unknown): PeerError | undefined {
  if (error instanceof PeerError) return error;
  return error instanceof Error && error.cause !== undefined ? peerErrorIn(error.cause) : undefined;
}

/** What to do, where the message itself does not say so. */
function hintFor(error: Error): string | undefined {
  const { kind, http, status_code } = peerErrorIn(error) ?? {};
  if (kind === 'unreachable') return error instanceof HandshakeError ? undefined : 'Try again later';
  if (kind === 'broken' || http === 404) return 'Is it the right URL?';
  if (http === 401) {
    return 'If they do not know the token any more, register again with a new token A, or invite them again';
  }
  if (http === 405) {
    return 'If we are registered there already, or they do not take PUT: unregister, and register again';
  }
  if (status_code === 3001) return 'If it is our API that did not work for them, see doctor';
  if (error instanceof OcpiError && error.status === 3003) {
    return 'If they need not have the Tokens module: --requires-tokens no';
  }
  return undefined;
}

/** What went wrong with a partner, and what to do. */
function partnerFailure(error: HandshakeError | OcpiError | PeerError): Failure {
  const answer = peerErrorIn(error);
  // The handshake says this to the partner, and we say it of the partner.
  const said = error instanceof OcpiError ? (answer ?? error).message.replace(/^Your\b/, 'Their') : error.message;
  const sentences = [said, error instanceof OcpiError && 'Nothing has changed', hintFor(error)].filter(Boolean);
  const isDown = answer?.kind === 'unreachable' || answer?.kind === 'broken';
  return new Failure(isDown ? 'partner' : 'data', firstLine(sentences.join('. ')), { cause: error });
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
