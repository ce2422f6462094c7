// GET /openapi/{version}: what partners can call, as an OpenAPI document. For everybody: it describes a public protocol and no partner.
import { open } from '../lib/http/ocpi/endpoint.ts';
import { version } from '../lib/http/ocpi/middleware/version.ts';
import { partnersDocument } from '../lib/openapi/partners/document.ts';
import type { BareRuntime } from '../lib/runtime/runtime.ts';
import type { Wire } from '../lib/wire/wire.ts';

/** It changes only with what is deployed; and any viewer may load it, on whatever page it is. */
const headers = { 'Cache-Control': 'public, max-age=3600', 'Access-Control-Allow-Origin': '*' };

export const endpoint = (around: BareRuntime) => {
  const texts = new Map<Wire, string>();
  const textOf = (wire: Wire): string => {
    const text = texts.get(wire) ?? JSON.stringify(partnersDocument(wire, around.config));
    texts.set(wire, text);
    return text;
  };
  return open(around)
    .use(version)
    .to(async ({ wire }) => ({ text: textOf(wire), headers }));
};
