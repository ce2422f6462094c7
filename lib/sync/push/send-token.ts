/** One Token to one peer, as it is now. */
import { joinUrl } from '../../client/join-url.ts';
import { PeerError } from '../../client/peer-error.ts';
import type { Token } from '../../ocpi/token.ts';
import type { TokensLine } from '../../peers/tokens-line.ts';
import { typeQuery } from '../../peers/type-query.ts';
import { asSeenAt } from '../../tokens/own/publish.ts';
import { tokenName } from '../token-name.ts';

/**
 * PUT, whatever has changed: the peer need not have it (TOK-FLOW-02, PUSH-02). The type stands in the URL where the version has it
 * (PUSH-03).
 * @throws PeerError
 */
export async function sendToken(line: TokensLine, token: Token, now: Date): Promise<void> {
  const { url, wire } = line;
  const { country_code, party_id, uid, type } = token;
  if (uid === '.' || uid === '..') throw new PeerError('refused', 'No URL can name this uid', { status_code: 2001 });
  const body = wire.encodeToken(asSeenAt(token, now.toISOString()));
  await line.ask({
    method: 'PUT',
    url: joinUrl(url, country_code, party_id, uid),
    query: typeQuery(line.peer, wire.defaultTokenType === undefined ? undefined : wire.encodeTokenType(type)),
    body: line.peer.settings?.sendsNullMembers ? withNulls(body) : body,
    from: { country_code, party_id },
    tokenName: tokenName(token),
  });
}

/** The wire names every member, in their order, and those without a value are left out only when it becomes JSON. */
const withNulls = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body, (_, value: unknown) => (value === undefined ? null : value)));
