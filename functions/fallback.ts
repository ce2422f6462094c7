// $default, and every path with a method that it does not have: OCPI's envelope on 404 and 405 (TRN-12, TRN-47).
import { methodNotAllowed, notFound } from '../lib/errors.ts';
import { open } from '../lib/http/ocpi/endpoint.ts';
import { methodsAt } from '../lib/http/ocpi/methods.ts';
import type { BareRuntime } from '../lib/runtime/runtime.ts';

export const endpoint = (around: BareRuntime) =>
  open(around).to(async ({ routeKey, path }) => {
    const methods = methodsAt(routeKey, path);
    throw methods ? methodNotAllowed(methods) : notFound('There is no such endpoint');
  });
