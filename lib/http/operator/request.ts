/** What the middlewares of the owner's API learn about a request, each its part. */
import type { Begun } from '../request.ts';

/** Who asks, as far as IAM, or the local server, has made sure of it. */
export interface Caller {
  /** The principal: an IAM role or user, or the user of this machine. A fact. */
  who: string;
  /** The name of the role's session. Whoever assumes the role chooses it. */
  session?: string;
}

export interface WithIds {
  ids: { correlationId: string };
}

export interface Called {
  caller: Caller;
}

export interface WithInput {
  /** As the operation's schema gives it. */
  input: unknown;
  /** The body of an operation that takes lines. */
  lines: string | undefined;
  /** What If-Match names. */
  revision: string | undefined;
}

export type OperatorRequest = Begun & WithIds & Called;

/** Whatever may be known by the time of the answer. */
export type OperatorKnown = OperatorRequest;
