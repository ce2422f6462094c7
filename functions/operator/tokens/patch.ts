// POST /operator/tokens/patch: the owner changes some members of one of his Tokens, or its settings.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { patchOwnToken } from '../../../lib/operator/api/tokens.ts';
import { patch } from '../../../lib/operator/tokens/patch.ts';
import { ownerRuntime } from '../../../lib/runtime/owner-runtime.ts';

export const runtime = ownerRuntime;

export const endpoint = operatorEndpoint(patchOwnToken, patch);
