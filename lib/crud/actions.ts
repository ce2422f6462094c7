/** Puts the actions of a storage behind `do`. */
import type { TokenActions, TokensCrud, TokensStorage } from './crud.ts';

/** @param authorizeToken what answers AuthorizeToken, unless the storage does so itself */
export function withActions(
  { actions = {}, ...storage }: TokensStorage,
  authorizeToken: TokenActions['AuthorizeToken'],
): TokensCrud {
  const all: Partial<TokenActions> = { AuthorizeToken: authorizeToken, ...actions };
  return {
    ...storage,
    has: (action) => all[action] !== undefined,
    do(call) {
      // The compiler does not follow the name of an action from the call to its type, and one cast says it here.
      const action = all[call.action] as ((call: unknown) => never) | undefined;
      if (!action) throw new Error(`The storage has no action ${call.action}`);
      return action(call);
    },
  };
}
