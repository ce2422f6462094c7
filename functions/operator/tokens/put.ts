// POST /operator/tokens/put: the owner creates or replaces one of his Tokens.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { putOwnToken } from '../../../lib/operator/api/tokens.ts';
import { put } from '../../../lib/operator/tokens/put.ts';
import { ownerRuntime } from '../../../lib/runtime/owner-runtime.ts';

export const runtime = ownerRuntime;

export const endpoint = operatorEndpoint(putOwnToken, put);
