// POST /operator/peers/rotate: the owner has tokens exchanged with a peer.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { rotatePeer } from '../../../lib/operator/api/peers.ts';
import { rotate } from '../../../lib/operator/peers/rotate.ts';
import { handshakeRuntime } from '../../../lib/runtime/peer-runtime.ts';

export const runtime = handshakeRuntime;

export const endpoint = operatorEndpoint(rotatePeer, rotate);
