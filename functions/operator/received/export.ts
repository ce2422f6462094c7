// GET /operator/received/export: the received Tokens, as NDJSON in pages.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { exportReceivedTokens } from '../../../lib/operator/api/received.ts';
import { exportAll } from '../../../lib/operator/received/export.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(exportReceivedTokens, exportAll);
