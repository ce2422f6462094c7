// POST /operator/tokens/import: the owner brings in many Tokens at once.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { importOwnTokens } from '../../../lib/operator/api/tokens.ts';
import { importMany } from '../../../lib/operator/tokens/import.ts';
import { ownerRuntime } from '../../../lib/runtime/owner-runtime.ts';

export const runtime = ownerRuntime;

export const endpoint = operatorEndpoint(importOwnTokens, importMany);
