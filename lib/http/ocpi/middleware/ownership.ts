/** The path of the Receiver interface names a Token and its owner, and the owner must be a party of the peer (COO-01, COO-06). */
import { notFound, quote } from '../../../errors.ts';
import { tokenUid } from '../../../ocpi/token.ts';
import { decode } from '../../../ocpi/values.ts';
import { ownsTokensOf } from '../../../peers/reach.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import { typeInUrl } from '../../../tokens/type.ts';
import type { Middleware } from '../../chain.ts';
import type { Begun } from '../../request.ts';
import type { Addressed, Authenticated, Versioned } from '../request.ts';

/** Empty segments around the three are tolerated, because URLs get joined in every possible way; a uid may hold a slash itself. */
const tokenPath = /^\/*([^/]+)\/+([^/]+)\/+([^/].*?)\/*$/s;

/** @throws 404 for a party that the peer does not speak for, so that nobody learns what others keep here */
export const ownership = ({ backend }: Runtime): Middleware<Begun & Versioned & Authenticated, Addressed> => ({
  before: async ({ path, query, wire, access, credentialsCall }) => {
    const [, country_code, party_id, uid] = tokenPath.exec(path) ?? [];
    if (!country_code || !party_id || !uid) throw notFound('A Token is at {country_code}/{party_id}/{token_uid}');
    if (!(await ownsTokensOf(backend, credentialsCall, access, { country_code, party_id }))) {
      throw notFound(`${quote(`${country_code} ${party_id}`)} is no party whose Tokens this connection may push`);
    }
    const token_type = typeInUrl(query, wire);
    return {
      address: {
        id: decode(tokenUid, uid, 'token_uid'),
        country_code,
        party_id,
        ...(token_type !== undefined && { token_type }),
      },
    };
  },
});
