// POST /operator/peers/steer: the owner says what push and pull of a peer are to do.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { steerSync } from '../../../lib/operator/api/sync.ts';
import { steer } from '../../../lib/operator/peers/steer.ts';
import { syncRuntime } from '../../../lib/runtime/sync-runtime.ts';

export const runtime = syncRuntime;

export const endpoint = operatorEndpoint(steerSync, steer);
