// POST /operator/tokens/block: the owner stops one of his Tokens.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { blockOwnToken } from '../../../lib/operator/api/tokens.ts';
import { block } from '../../../lib/operator/tokens/block.ts';
import { ownerRuntime } from '../../../lib/runtime/owner-runtime.ts';

export const runtime = ownerRuntime;

export const endpoint = operatorEndpoint(blockOwnToken, block);
