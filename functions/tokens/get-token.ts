// GET /ocpi/cpo/{version}/tokens/{country_code}/{party_id}/{token_uid}[?type=]: what we keep of an eMSP's Token.
import { unknownToken } from '../../lib/errors.ts';
import { receiver } from '../../lib/http/ocpi/endpoint.ts';
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';
import { findToken } from '../../lib/tokens/find.ts';
import { typeToRead } from '../../lib/tokens/type.ts';

export const runtime = storageRuntime;

export const endpoint = (around: Runtime) =>
  receiver(around).to(async ({ wire, call, address }) => {
    const token_type = typeToRead(address.token_type, wire);
    const stored = await findToken(around.backend.tokens, wire, {
      ...call,
      ...address,
      ...(token_type && { token_type }),
    });
    if (!stored) throw unknownToken(wire.unknownTokenStatus);
    return { data: wire.encodeToken(stored.data) };
  });
