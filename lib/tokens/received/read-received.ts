/** Reads many received Tokens at once, where the storage can. */
import { receivedTokensCall } from '../../crud/calls.ts';
import { type Backend, maxTokensAtOnce, type StoredToken } from '../../crud/crud.ts';
import { inParallel } from '../../crud/in-parallel.ts';
import type { PartyId } from '../../ocpi/versions.ts';

export type ReceivedAddress = PartyId & { id: string; token_type: string };

/** @returns for each what was there, strongly consistent, or undefined; undefined for all of them if the storage reads one at a time only */
export async function readReceived(
  { tokens }: Pick<Backend, 'tokens'>,
  addresses: readonly ReceivedAddress[],
): Promise<(StoredToken | undefined)[] | undefined> {
  if (!tokens.has('ReadTokens')) return undefined;
  const chunks = Array.from({ length: Math.ceil(addresses.length / maxTokensAtOnce) }, (_, i) =>
    addresses.slice(i * maxTokensAtOnce, (i + 1) * maxTokensAtOnce),
  );
  const read = await inParallel(chunks, chunksAtOnce, (data) =>
    tokens.do<'ReadTokens'>({ ...receivedTokensCall, action: 'ReadTokens', data }),
  );
  return read.flat();
}

const chunksAtOnce = 4;
