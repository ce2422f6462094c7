// PATCH /ocpi/cpo/{version}/tokens/{country_code}/{party_id}/{token_uid}[?type=]: an eMSP changes some fields of one of its Tokens.
import { invalid } from '../../lib/errors.ts';
import { lambda, receiver } from '../../lib/http/lambda.ts';
import { patchToken } from '../../lib/http/write.ts';
import { processRuntime } from '../../lib/runtime.ts';

export const endpoint = receiver('required', async ({ wire, call, address, body }, { backend }) => {
  const changes = wire.decodeTokenChanges(body);
  if (wire.patchRequiresLastUpdated && !changes.set.last_updated) {
    throw invalid('last_updated should be in every PATCH, but is missing');
  }
  // TOK-PATCH-03: the URL, else the body says which type; else the storage finds the one that is meant.
  const token_type = address.token_type ?? changes.set.type;
  await patchToken(backend.tokens, wire, { ...call, ...address, ...(token_type && { token_type }) }, changes);
  return {};
});

export const handler = lambda(endpoint, await processRuntime());
