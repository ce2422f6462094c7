/** Finding a Token whose type the peer's version may not be able to name. */
import type { StoredToken, TokenAddress, TokensCall, TokensCrud } from '../crud/crud.ts';
import type { Wire } from '../wire/wire.ts';

/**
 * `crud.get`. An older version knows a Token of a newer type as OTHER; where no Token is really of type OTHER, those types are
 * looked up too, and at last the uid's only Token, whose type may be one that no version names (ENUM-03).
 */
export async function findToken(
  tokens: Pick<TokensCrud, 'get'>,
  wire: Wire,
  call: TokensCall & TokenAddress,
): Promise<StoredToken | undefined> {
  const stored = await tokens.get(call);
  if (stored || call.token_type !== 'OTHER' || wire.typesKnownAsOther.length === 0) return stored;

  for (const token_type of wire.typesKnownAsOther) {
    const known = await tokens.get({ ...call, token_type });
    if (known) return known;
  }
  const { token_type: _, ...ofAnyType } = call;
  const only = await tokens.get(ofAnyType);
  return only && wire.encodeTokenType(only.data.type) === 'OTHER' ? only : undefined;
}
