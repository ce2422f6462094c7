// POST /operator/peers/remove: the owner forgets a peer.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { removePeer } from '../../../lib/operator/api/peers.ts';
import { remove } from '../../../lib/operator/peers/remove.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(removePeer, remove);
