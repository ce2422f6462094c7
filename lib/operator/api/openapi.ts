/** The operation that describes the others. */
import * as v from 'valibot';
import { isObject, object } from '../../ocpi/values.ts';
import { operation } from './operation.ts';

export const describeApi = operation({
  name: 'openapi',
  method: 'GET',
  summary: 'This document: OpenAPI 3.1, made of the schemas that validate.',
  input: object({}),
  output: v.custom<Record<string, unknown>>(isObject, 'an object'),
});
