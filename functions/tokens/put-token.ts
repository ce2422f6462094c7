// PUT /ocpi/cpo/{version}/tokens/{country_code}/{party_id}/{token_uid}[?type=]: an eMSP creates or replaces one of its Tokens.
import { invalid } from '../../lib/errors.ts';
import { lambda, receiver } from '../../lib/http/lambda.ts';
import { putToken } from '../../lib/http/write.ts';
import { sameCiString } from '../../lib/ocpi/values.ts';
import { processRuntime } from '../../lib/runtime.ts';

/** URL and body must agree (COO-04, COO-05, TOK-PUT-03). */
function mustAgree(field: string, inUrl: string, inBody: string, isSame = sameCiString(inUrl, inBody)): void {
  if (!isSame) throw invalid(`${field} should be "${inUrl}" as in the URL, but was "${inBody}"`);
}

export const endpoint = receiver('required', async ({ wire, call, address, body }, { backend }) => {
  const data = wire.decodeToken(body, address);
  mustAgree('uid', address.id, data.uid);
  mustAgree('country_code', address.country_code, data.country_code);
  mustAgree('party_id', address.party_id, data.party_id);
  const { token_type = data.type } = address;
  mustAgree('type', token_type, data.type, token_type === data.type);

  const outcome = await putToken(backend.tokens, wire, { ...call, ...address, token_type }, data);
  return { http: outcome === 'created' ? 201 : 200 };
});

export const handler = lambda(endpoint, await processRuntime());
