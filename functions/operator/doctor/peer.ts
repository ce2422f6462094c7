// GET /operator/doctor/peer: tries the connection with one peer from end to end.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { examinePeer } from '../../../lib/operator/api/doctor.ts';
import { peer } from '../../../lib/operator/doctor/peer.ts';
import { handshakeRuntime } from '../../../lib/runtime/peer-runtime.ts';

export const runtime = handshakeRuntime;

export const endpoint = operatorEndpoint(examinePeer, peer);
