import type { getOwnToken } from '../api/tokens.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { findOwn, viewOf } from './own-token.ts';

/** One of our Tokens, and what is kept beside it. */
export const get: Run<typeof getOwnToken, TokensRuntime> = async (address, runtime) =>
  viewOf(await findOwn(runtime, address), runtime.now());
