// GET /operator/peers/list: all peers.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { listPeers } from '../../../lib/operator/api/peers.ts';
import { list } from '../../../lib/operator/peers/list.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(listPeers, list);
