// POST /operator/peers/unregister: the owner ends a connection on both sides.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { unregisterPeer } from '../../../lib/operator/api/peers.ts';
import { unregister } from '../../../lib/operator/peers/unregister.ts';
import { handshakeRuntime } from '../../../lib/runtime/peer-runtime.ts';

export const runtime = handshakeRuntime;

export const endpoint = operatorEndpoint(unregisterPeer, unregister);
