// GET /operator/tokens/get: one of the owner's Tokens, and what is kept beside it.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { getOwnToken } from '../../../lib/operator/api/tokens.ts';
import { get } from '../../../lib/operator/tokens/get.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(getOwnToken, get);
