// PATCH /ocpi/cpo/{version}/tokens/{country_code}/{party_id}/{token_uid}[?type=]: an eMSP changes some fields of one of its Tokens.
import { invalid } from '../../lib/errors.ts';
import { jsonBody } from '../../lib/http/middleware/json-body.ts';
import { receiver } from '../../lib/http/ocpi/endpoint.ts';
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';
import { patchToken } from '../../lib/tokens/received/patch.ts';
import { typeToWrite } from '../../lib/tokens/type.ts';

export const runtime = storageRuntime;

export const endpoint = (around: Runtime) =>
  receiver(around)
    .use(jsonBody)
    .to(async ({ wire, call, address, body }) => {
      const changes = wire.decodeTokenChanges(body);
      if (wire.patchRequiresLastUpdated && !changes.set.last_updated) {
        throw invalid('last_updated should be in every PATCH, but is missing');
      }
      const token_type = typeToWrite(address.token_type, changes.set.type);
      await patchToken(around, wire, { ...call, ...address, ...(token_type && { token_type }) }, changes);
      return {};
    });
