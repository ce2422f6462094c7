// POST /operator/peers/register: the owner registers us with a peer.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { registerPeer } from '../../../lib/operator/api/peers.ts';
import { register } from '../../../lib/operator/peers/register.ts';
import { handshakeRuntime } from '../../../lib/runtime/peer-runtime.ts';

export const runtime = handshakeRuntime;

export const endpoint = operatorEndpoint(registerPeer, register);
