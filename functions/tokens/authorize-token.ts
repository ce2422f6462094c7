// POST /ocpi/emsp/{version}/tokens/{token_uid}/authorize[?type=]: a CPO asks whether one of our Tokens may charge.
import { type Config, partiesOf } from '../../lib/config.ts';
import { methodNotAllowed, notEnoughInformation, notFound, unknownToken } from '../../lib/errors.ts';
import { findToken } from '../../lib/http/find-token.ts';
import { lambda, sender } from '../../lib/http/lambda.ts';
import { tokenTypeIn } from '../../lib/http/token-type.ts';
import { tokenUid } from '../../lib/ocpi/token.ts';
import { decode, sameParty } from '../../lib/ocpi/values.ts';
import { processRuntime } from '../../lib/runtime.ts';

const authorizePath = /^\/*([^/].*?)\/+authorize\/*$/s;
const withParty = /^([^/]+)\/+([^/]+)\/+([^/].*)$/s;

/** Several clients put the owner in front of the uid, as on the Receiver interface; so one of our own parties there is none of the uid. */
function uidIn(path: string, config: Config): string {
  // The list with a slash at the end, which an HTTP API routes here.
  if (!/[^/]/.test(path)) throw methodNotAllowed();
  const [, asked] = authorizePath.exec(path) ?? [];
  if (!asked) throw notFound('Real-time authorization is at {token_uid}/authorize');
  const [, country_code = '', party_id = '', uid = ''] = withParty.exec(asked) ?? [];
  const isAlias = partiesOf(config, 'EMSP').some((own) => sameParty(own, { country_code, party_id }));
  return decode(tokenUid, isAlias ? uid : asked, 'token_uid');
}

export const endpoint = sender('optional', async (request, { backend, config }) => {
  const { wire, call, path, query, body, addressee } = request;
  const id = uidIn(path, config);
  const token_type = tokenTypeIn(query, wire) ?? wire.defaultTokenType;
  const location_reference = body === undefined ? undefined : wire.decodeLocationReferences(body);

  const stored = await findToken(backend.tokens, wire, { ...call, id, ...(token_type && { token_type }) });
  const isAsked = stored && (!addressee || sameParty(stored.data, addressee));
  if (!isAsked) throw unknownToken(wire.unknownTokenStatus);

  const info = await backend.tokens.do({
    ...call,
    action: 'AuthorizeToken',
    data: { token_uid: id, token_type: stored.data.type, location_reference },
  });
  if (!info) throw notEnoughInformation();
  return { data: wire.encodeAuthorizationInfo(info) };
});

export const handler = lambda(endpoint, await processRuntime());
