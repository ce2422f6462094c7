/** Finding a Token whose type the peer's version may not be able to name. */
import type { Stored, TokenAddress, TokensCall, TokensCrud } from '../crud/crud.ts';
import type { Token } from '../ocpi/token.ts';
import type { Wire } from '../wire/wire.ts';

/**
 * `crud.get`. An older version knows a Token of a newer type as OTHER; where no Token is really of type OTHER, those types are
 * looked up too, and at last the uid's only Token, whose type may be one that no version names (ENUM-03).
 */
export async function findToken(
  crud: TokensCrud,
  wire: Wire,
  call: TokensCall & TokenAddress,
): Promise<Stored<Token> | undefined> {
  const stored = await crud.get(call);
  if (stored || call.token_type !== 'OTHER' || wire.typesKnownAsOther.length === 0) return stored;

  for (const token_type of wire.typesKnownAsOther) {
    const known = await crud.get({ ...call, token_type });
    if (known) return known;
  }
  const { token_type: _, ...ofAnyType } = call;
  const only = await crud.get(ofAnyType);
  return only && wire.encodeTokenType(only.data.type) === 'OTHER' ? only : undefined;
}
