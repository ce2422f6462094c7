// POST /operator/tokens/unblock: the owner lifts a block.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { unblockOwnToken } from '../../../lib/operator/api/tokens.ts';
import { unblock } from '../../../lib/operator/tokens/block.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(unblockOwnToken, unblock);
