// POST /operator/peers/add: the owner adds a peer by hand.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { addPeer } from '../../../lib/operator/api/peers.ts';
import { add } from '../../../lib/operator/peers/add.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(addPeer, add);
