// POST /operator/tokens/put: the owner creates or replaces one of his Tokens.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { putOwnToken } from '../../../lib/operator/api/tokens.ts';
import { put } from '../../../lib/operator/tokens/put.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(putOwnToken, put);
