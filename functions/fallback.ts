// $default, and every path with a method that it does not have: OCPI's envelope on 404 and 405 (TRN-12, TRN-47).
import { methodNotAllowed, notFound } from '../lib/errors.ts';
import { lambda, open } from '../lib/http/lambda.ts';
import { bareRuntime } from '../lib/runtime.ts';

/** The configuration modules are routed with {path+} only for a slash at their end: more than that is nowhere. */
const isNowhere = (routeKey: string, path: string): boolean =>
  routeKey === '$default' || (!routeKey.includes('/tokens') && /[^/]/.test(path));

export const endpoint = open(async ({ routeKey, path }) => {
  throw isNowhere(routeKey, path) ? notFound('There is no such endpoint') : methodNotAllowed();
});

export const handler = lambda(endpoint, bareRuntime());
