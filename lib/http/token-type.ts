/** The type of Token that a URL asks for. */
import type { Wire } from '../wire/wire.ts';

/**
 * `type` is OCPI's name of the parameter; 2.1.1 also writes `token_type`, and so do many peers (AUTH-02, AUTH-03).
 * @returns undefined if the URL does not say
 * @throws 2001 for a type that the version does not have
 */
export function tokenTypeIn(query: Partial<Record<string, string>>, wire: Wire): string | undefined {
  const value = query.type || query.token_type;
  return value ? wire.decodeTokenType(value) : undefined;
}
