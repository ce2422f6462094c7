// GET /ocpi/emsp/{version}/tokens[?date_from=&date_to=&offset=&limit=]: a CPO pages through our own Tokens.
import { methodNotAllowed, notFound } from '../../lib/errors.ts';
import { lambda, sender } from '../../lib/http/lambda.ts';
import { paginationHeaders, readFilters } from '../../lib/http/pagination.ts';
import { tokensUrl } from '../../lib/http/urls.ts';
import { processRuntime } from '../../lib/runtime.ts';

export const endpoint = sender('none', async ({ wire, call, path, query, addressee }, { backend, config }) => {
  if (/[^/]\/+authorize\/*$/.test(path)) throw methodNotAllowed();
  if (/[^/]/.test(path)) throw notFound('The Sender interface has no single Tokens');
  const filters = readFilters(query, config);
  const page = await backend.tokens.list({ ...call, ...addressee, filters });
  return {
    data: page.items.map((token) => wire.encodeToken(token)),
    headers: paginationHeaders(tokensUrl(config, 'EMSP', wire.version), query, filters.offset, page),
  };
});

export const handler = lambda(endpoint, await processRuntime());
