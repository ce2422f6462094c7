// GET /operator/openapi: what the owner's API can do, as an OpenAPI document.
import { operatorEndpoint } from '../../lib/http/operator/endpoint.ts';
import { describeApi } from '../../lib/operator/api/openapi.ts';
import { openApiDocument } from '../../lib/operator/openapi/document.ts';
import type { BareRuntime } from '../../lib/runtime/runtime.ts';

export const endpoint = operatorEndpoint<typeof describeApi, BareRuntime>(describeApi, async () => openApiDocument());
