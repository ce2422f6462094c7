// POST /operator/tokens/erase: the owner erases all that is kept of a uid.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { eraseToken } from '../../../lib/operator/api/tokens.ts';
import { erase } from '../../../lib/operator/tokens/erase.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(eraseToken, erase);
