// GET /operator/peers/sync: how far push and pull are, of one peer or of all.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { showSync } from '../../../lib/operator/api/sync.ts';
import { sync } from '../../../lib/operator/peers/sync.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(showSync, sync);
