// GET /operator/peers/show: one peer, without secrets.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { showPeer } from '../../../lib/operator/api/peers.ts';
import { show } from '../../../lib/operator/peers/show.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(showPeer, show);
