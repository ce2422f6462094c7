// GET /ocpi/cpo/{version}/tokens/{country_code}/{party_id}/{token_uid}[?type=]: what we keep of an eMSP's Token.
import { unknownToken } from '../../lib/errors.ts';
import { findToken } from '../../lib/http/find-token.ts';
import { lambda, receiver } from '../../lib/http/lambda.ts';
import { processRuntime } from '../../lib/runtime.ts';

export const endpoint = receiver('none', async ({ wire, call, address }, { backend }) => {
  const token_type = address.token_type ?? wire.defaultTokenType;
  const stored = await findToken(backend.tokens, wire, { ...call, ...address, ...(token_type && { token_type }) });
  if (!stored) throw unknownToken(wire.unknownTokenStatus);
  return { data: wire.encodeToken(stored.data) };
});

export const handler = lambda(endpoint, await processRuntime());
