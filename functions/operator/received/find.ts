// GET /operator/received/find: the received Tokens of a uid, whoever owns them.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { findReceivedTokens } from '../../../lib/operator/api/received.ts';
import { find } from '../../../lib/operator/received/find.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(findReceivedTokens, find);
