// POST /operator/tokens/import: the owner brings in many Tokens at once.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { importOwnTokens } from '../../../lib/operator/api/tokens.ts';
import { importMany } from '../../../lib/operator/tokens/import.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(importOwnTokens, importMany);
