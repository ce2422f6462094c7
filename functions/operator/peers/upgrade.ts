// POST /operator/peers/upgrade: the owner moves a connection to another version.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { upgradePeer } from '../../../lib/operator/api/peers.ts';
import { upgrade } from '../../../lib/operator/peers/upgrade.ts';
import { handshakeRuntime } from '../../../lib/runtime/peer-runtime.ts';

export const runtime = handshakeRuntime;

export const endpoint = operatorEndpoint(upgradePeer, upgrade);
