/** Finding a Token whose type the peer's version may not be able to name. */
import type { Stored, TokenAddress, TokensCall, TokensCrud } from '../crud/crud.ts';
import type { Token } from '../ocpi/token.ts';
import type { Wire } from '../wire/wire.ts';

/**
 * `crud.get`. An older version knows a Token of a newer type as OTHER; where no Token is really of type OTHER,
 * the uid's only Token is meant if this version calls it so (ENUM-03).
 */
export async function findToken(
  crud: TokensCrud,
  wire: Wire,
  call: TokensCall & TokenAddress,
): Promise<Stored<Token> | undefined> {
  const stored = await crud.get(call);
  if (stored || call.token_type === undefined || call.token_type !== wire.catchAllTokenType) return stored;

  const { token_type, ...ofAnyType } = call;
  const only = await crud.get(ofAnyType);
  return only && wire.encodeTokenType(only.data.type) === token_type ? only : undefined;
}
