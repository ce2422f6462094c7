// GET /operator/tokens/list: the owner's Tokens, in pages.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { listOwnTokens } from '../../../lib/operator/api/tokens.ts';
import { list } from '../../../lib/operator/tokens/list.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(listOwnTokens, list);
