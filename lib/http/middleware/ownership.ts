/** The path of the Receiver interface names a Token and its owner, and the owner must be a party of the peer (COO-01, COO-06). */
import { notFound } from '../../errors.ts';
import { tokenUid } from '../../ocpi/token.ts';
import { decode } from '../../ocpi/values.ts';
import { ownsTokensOf } from '../../peers/peer.ts';
import type { Middleware, OcpiRequest } from '../request.ts';
import { tokenTypeIn } from '../token-type.ts';

/** Empty segments around the three are tolerated, because URLs get joined in every possible way; a uid may hold a slash itself. */
const tokenPath = /^\/*([^/]+)\/+([^/]+)\/+([^/].*?)\/*$/s;

/** @throws 404 for a party that the peer does not speak for, so that nobody learns what others keep here */
export const ownership = (): Middleware => ({
  before: ({ context }) => {
    const { path, peer, query, wire } = context.ocpi as OcpiRequest;
    const [, country_code, party_id, uid] = tokenPath.exec(path) ?? [];
    if (!country_code || !party_id || !uid) throw notFound('A Token is at {country_code}/{party_id}/{token_uid}');
    if (!ownsTokensOf(peer, { country_code, party_id })) {
      throw notFound(`${country_code} ${party_id} is no party whose Tokens this connection may push`);
    }
    const token_type = tokenTypeIn(query, wire);
    context.ocpi.address = {
      id: decode(tokenUid, uid, 'token_uid'),
      country_code,
      party_id,
      ...(token_type !== undefined && { token_type }),
    };
  },
});
