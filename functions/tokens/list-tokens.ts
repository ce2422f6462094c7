// GET /ocpi/emsp/{version}/tokens[?date_from=&date_to=&offset=&limit=]: a CPO pages through our own Tokens.
import { methodNotAllowed, notFound } from '../../lib/errors.ts';
import { sender } from '../../lib/http/ocpi/endpoint.ts';
import { endsInAuthorize, ofAuthorize } from '../../lib/http/ocpi/methods.ts';
import { paginationHeaders, readFilters, readWalk } from '../../lib/http/ocpi/pagination.ts';
import { tokensUrl } from '../../lib/ocpi/urls.ts';
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';
import { listOwn } from '../../lib/tokens/own/list.ts';
import { asSeenAt } from '../../lib/tokens/own/publish.ts';

export const runtime = storageRuntime;

export const endpoint = (around: Runtime) =>
  sender(around).to(async (request) => {
    const { backend, config } = around;
    const { wire, call, path, query, addressees: parties, receivedAt } = request;
    if (endsInAuthorize(path)) throw methodNotAllowed(ofAuthorize);
    if (/[^/]/.test(path)) throw notFound('The Sender interface has no single Tokens');
    const filters = readFilters(query, config);
    const scope = { filters, parties };
    const { walkBegan, after } = readWalk(query, scope, receivedAt);
    const page = await listOwn(backend.tokens, { call, parties, filters, after });
    const url = tokensUrl(config, 'EMSP', wire.version);
    return {
      data: page.items.map(({ data }) => wire.encodeToken(asSeenAt(data, walkBegan))),
      headers: paginationHeaders({ url, query, scope, walkBegan, asked: filters.limit }, page),
    };
  });
