// GET /operator/tokens/told: what partners have been told of one of our Tokens.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { showTold } from '../../../lib/operator/api/sync.ts';
import { told } from '../../../lib/operator/tokens/told.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(showTold, told);
