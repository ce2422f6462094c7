/** The owner's API of a local server: on a port of its own, behind a key. */
import { randomBytes } from 'node:crypto';
import { createHttpApi, type HttpApiOptions, type LambdaHandler, type RoutedFunction } from './http-api.ts';
import { ownerGate } from './owner-gate.ts';
import type { LambdaFunction } from './serverless-yml.ts';

const loopback = '127.0.0.1';

/** A function is the owner's if all its routes are; the two ports have none in common. */
export const isOwners = ({ routes }: Pick<LambdaFunction, 'routes'>): boolean =>
  routes.length > 0 && routes.every((route) => route.includes(' /operator/'));

/**
 * Chargers' questions wait for partners mostly, and not for this machine. With the few places that others have, one eMSP that hangs
 * would take them all, and keep those about other cards waiting, whose bound for each partner is much less
 * (lib/operator/charge/places.ts).
 */
const questionsAtOnce = 200;
const isQuestion = ({ routes }: RoutedFunction): boolean => routes.includes('POST /operator/may-charge');

/** The owner's API, on a port of its own and for programs of this machine that have the key. */
export async function startOwnersApi<Lambda extends RoutedFunction>(
  functions: readonly Lambda[],
  load: (declared: Lambda) => Promise<LambdaHandler>,
  options: Pick<HttpApiOptions<Lambda>, 'gatewayTimeoutMs'> = {},
) {
  const key = randomBytes(32).toString('base64url');
  // A port that is looked for first may be another's by the time that it is listened on.
  const api = createHttpApi({
    ...options,
    functions,
    load,
    admit: (request) => admit(request),
    concurrency: (declared) => (isQuestion(declared) ? questionsAtOnce : undefined),
  });
  const port = await api.listen(0, loopback);
  const admit = ownerGate({ port, key });
  return { operator: { url: `http://${loopback}:${port}`, key }, close: () => api.close() };
}
