// PUT /ocpi/cpo/{version}/tokens/{country_code}/{party_id}/{token_uid}[?type=]: an eMSP creates or replaces one of its Tokens.
import { invalid } from '../../lib/errors.ts';
import { jsonBody } from '../../lib/http/middleware/json-body.ts';
import { receiver } from '../../lib/http/ocpi/endpoint.ts';
import { sameCiString } from '../../lib/ocpi/values.ts';
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';
import { putToken } from '../../lib/tokens/received/put.ts';
import { typeToWrite } from '../../lib/tokens/type.ts';

export const runtime = storageRuntime;

/** URL and body must agree (COO-04, COO-05, TOK-PUT-03). */
function mustAgree(field: string, inUrl: string, inBody: string, isSame = sameCiString(inUrl, inBody)): void {
  if (!isSame) throw invalid(`${field} should be "${inUrl}" as in the URL, but was "${inBody}"`);
}

export const endpoint = (around: Runtime) =>
  receiver(around)
    .use(jsonBody)
    .to(async ({ wire, call, address, body }) => {
      const data = wire.decodeToken(body, address);
      mustAgree('uid', address.id, data.uid);
      mustAgree('country_code', address.country_code, data.country_code);
      mustAgree('party_id', address.party_id, data.party_id);
      const token_type = typeToWrite(address.token_type, data.type);
      mustAgree('type', token_type, data.type, token_type === data.type);

      const outcome = await putToken(around, wire, { ...call, ...address, token_type }, data);
      return { http: outcome === 'created' ? 201 : 200 };
    });
