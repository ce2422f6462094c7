// POST /operator/tokens/block: the owner stops one of his Tokens.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { blockOwnToken } from '../../../lib/operator/api/tokens.ts';
import { block } from '../../../lib/operator/tokens/block.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(blockOwnToken, block);
