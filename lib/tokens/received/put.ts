/** A peer creates or replaces one of its Tokens here. */
import type { Backend, TokenAddress, TokensCall } from '../../crud/crud.ts';
import { retryOnConflict } from '../../crud/retry.ts';
import type { Token } from '../../ocpi/token.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import type { Wire } from '../../wire/wire.ts';
import { findToken } from '../find.ts';
import { refuseLate } from './late.ts';

export interface ReceiverRuntime {
  backend: Pick<Backend, 'tokens'>;
  now: () => Date;
}

export type ReceivedCall = TokensCall & { role: 'CPO' } & TokenAddress & PartyId;

/**
 * get, then update if it exists, else create; again from get when what was read has moved on in between.
 * @throws 2001 if a newer Token is stored
 */
export const putToken = (
  { backend: { tokens }, now }: ReceiverRuntime,
  wire: Wire,
  call: ReceivedCall & { token_type: string },
  data: Token,
): Promise<'created' | 'replaced'> =>
  retryOnConflict(async () => {
    const stored = await findToken(tokens, wire, call);
    const arrived_at = now().toISOString();
    if (!stored) {
      const { id: _, ...createCall } = call;
      await tokens.create({ ...createCall, data, arrived_at });
      return 'created';
    }
    refuseLate(stored, data, arrived_at);
    const { type } = stored.data;
    const { revision } = stored;
    await tokens.update({ ...call, token_type: type, data: { ...data, type }, arrived_at, revision });
    return 'replaced';
  });
