import { findReceived } from '../../tokens/received/find-received.ts';
import type { findReceivedTokens } from '../api/received.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { viewOfReceived } from './view.ts';

/** The received Tokens of a uid, whoever owns them. */
export const find: Run<typeof findReceivedTokens, Pick<TokensRuntime, 'backend'>> = async (
  { uid, count_zeros: countZeros = true },
  { backend },
) => ({ tokens: (await findReceived(backend, uid, { countZeros })).map(viewOfReceived) });
