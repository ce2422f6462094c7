import { block as blockFor, changeSettings, type Edit, unblock as unblockEdit } from '../../tokens/own/change.ts';
import { createWriteOwn } from '../../tokens/own/write.ts';
import type { blockOwnToken, unblockOwnToken } from '../api/tokens.ts';
import type { Asked, Run, TokensRuntime } from '../run.ts';
import { type Address, auditWritten, findOwn, viewNow } from './own-token.ts';

async function change(runtime: TokensRuntime, { audit }: Asked, address: Address, edit: Edit) {
  const { data } = await findOwn(runtime, address);
  const [written] = await createWriteOwn(runtime)([changeSettings(data, edit)]);
  auditWritten(audit, written);
  return viewNow(runtime, data);
}

/** Stops one of our Tokens: peers see it as invalid, and real-time authorization says BLOCKED. */
export const block: Run<typeof blockOwnToken, TokensRuntime> = ({ uid, type, ...reason }, runtime, asked) =>
  change(runtime, asked, { uid, ...(type !== undefined && { type }) }, blockFor(reason));

/** The Token is again what its source says. */
export const unblock: Run<typeof unblockOwnToken, TokensRuntime> = (address, runtime, asked) =>
  change(runtime, asked, address, unblockEdit);
