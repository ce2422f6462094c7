// POST /operator/may-charge: whoever runs chargers asks whether a card may charge.
import { operatorEndpoint } from '../../lib/http/operator/endpoint.ts';
import { mayCharge } from '../../lib/operator/api/may-charge.ts';
import { createMayCharge } from '../../lib/operator/charge/may-charge.ts';
import { handshakeRuntime, type PeerRuntime } from '../../lib/runtime/peer-runtime.ts';

export const runtime = handshakeRuntime;

export const endpoint = (around: PeerRuntime) => operatorEndpoint(mayCharge, createMayCharge(around))(around);
