// POST /operator/tokens/unblock: the owner lifts a block.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { unblockOwnToken } from '../../../lib/operator/api/tokens.ts';
import { unblock } from '../../../lib/operator/tokens/block.ts';
import { ownerRuntime } from '../../../lib/runtime/owner-runtime.ts';

export const runtime = ownerRuntime;

export const endpoint = operatorEndpoint(unblockOwnToken, unblock);
