/** What an operation has around it when it runs. */
import type { Backend } from '../crud/crud.ts';
import type { Platform } from '../ocpi/versions.ts';
import type { Told } from '../tokens/own/write.ts';
import type { Operation, OutputOf, ParsedInputOf } from './api/operation.ts';

/** What operations on Tokens need. Those on peers need more, and say so. */
export interface TokensRuntime {
  backend: Backend;
  config: Platform;
  now: () => Date;
  /** A new UUID. */
  newId: () => string;
  told?: Told;
}

/** What the audit is told of a change: what it was made to, by its revisions, and what it was before and after; nobody's uid. */
export interface Change {
  what: 'own Token' | 'own Tokens' | 'received Tokens' | 'peer';
  /** Of a peer. */
  peer?: string;
  /** A hash by which the lines about one Token are found, pushes among them (lib/sync/token-name.ts). */
  tokenName?: string;
  before?: object | undefined;
  after?: object | undefined;
}

export interface Asked {
  correlationId: string;
  /** To be told of every change that was made. */
  audit: (change: Change) => void;
  /** What If-Match named. */
  revision?: string;
  /** The body of an operation that takes lines. */
  lines?: string;
  /** Milliseconds since the epoch at which the answer must be on its way. */
  deadline: number;
}

/** The answer of an operation that gives lines. */
export interface Lines<Op extends Operation> {
  lines: OutputOf<Op>[];
  /** Where the next page begins; absent on the last. */
  next?: string;
  /** What `since` to use the next time. */
  nextSince: string;
}

export type Run<Op extends Operation, Runtime> = (
  input: ParsedInputOf<Op>,
  runtime: Runtime,
  asked: Asked,
) => Promise<Op extends { givesLines: true } ? Lines<Op> : OutputOf<Op>>;
