// POST /operator/tokens/patch: the owner changes some members of one of his Tokens, or its settings.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { patchOwnToken } from '../../../lib/operator/api/tokens.ts';
import { patch } from '../../../lib/operator/tokens/patch.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(patchOwnToken, patch);
