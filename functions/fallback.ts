// $default, and every path with a method that it does not have: OCPI's envelope on 404 and 405 (TRN-12, TRN-47).
import { methodNotAllowed, notFound } from '../lib/errors.ts';
import { lambda, open } from '../lib/http/lambda.ts';
import { bareRuntime } from '../lib/runtime.ts';

export const endpoint = open(async ({ routeKey }) => {
  throw routeKey === '$default' ? notFound('There is no such endpoint') : methodNotAllowed();
});

export const handler = lambda(endpoint, bareRuntime());
