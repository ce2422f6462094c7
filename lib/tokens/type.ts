/** Which type of Token a request is about: settled here and nowhere else. */
import type { Wire } from '../wire/wire.ts';

type Query = Partial<Record<string, string>>;

/**
 * `type` is OCPI's name of the parameter; 2.1.1 also writes `token_type`, and so do many peers (AUTH-02, AUTH-03).
 * @returns undefined if the URL does not say
 * @throws 2001 for a type that the version does not have
 */
export function typeInUrl(query: Query, wire: Wire): string | undefined {
  const value = query.type || query.token_type;
  return value ? wire.decodeTokenType(value) : undefined;
}

/** Who reads means the version's default where the URL says nothing (TOK-GET-03). @returns undefined where the version leaves it open */
export const typeToRead = (inUrl: string | undefined, wire: Wire): string | undefined => inUrl ?? wire.defaultTokenType;

/** Who writes says it in the URL, else in the body; where neither does the storage finds the one that is meant (TOK-PATCH-03). */
export const typeToWrite = <Type extends string | undefined>(inUrl: string | undefined, inBody: Type): string | Type =>
  inUrl ?? inBody;
