// POST /operator/peers/settings: the owner changes what is set for a peer.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { changePeerSettings } from '../../../lib/operator/api/peers.ts';
import { change } from '../../../lib/operator/peers/settings.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(changePeerSettings, change);
