/** Endpoints, and the Lambda handlers that they become. */
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Role } from '../ocpi/versions.ts';
import type { BareRuntime, Runtime } from '../runtime.ts';
import { accessLog } from './middleware/access-log.ts';
import { authenticate } from './middleware/authenticate.ts';
import { begin } from './middleware/begin.ts';
import { compress } from './middleware/compress.ts';
import { envelope } from './middleware/envelope.ts';
import { jsonBody } from './middleware/json-body.ts';
import { messageIds } from './middleware/message-ids.ts';
import { ownership } from './middleware/ownership.ts';
import { readership } from './middleware/readership.ts';
import { routing } from './middleware/routing.ts';
import { tree } from './middleware/tree.ts';
import { version, versionOfTree } from './middleware/version.ts';
import type { Middleware, OcpiContext, OcpiRequest, ReceiverRequest, Reply } from './request.ts';

/** The middlewares in front of an endpoint, and what it does with a request that came through them. */
export interface Endpoint<R extends BareRuntime = Runtime> {
  middlewares: (runtime: R) => Middleware[];
  run: (context: OcpiContext, runtime: R) => Promise<Reply>;
}

export type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;

type BodyKind = 'none' | 'optional' | 'required';

const functional = (runtime: Runtime, role: Role): Middleware[] => [
  version(),
  authenticate(runtime, { role, takesRegistrationToken: false }),
  routing(runtime, role),
];

const bodyOf = (kind: BodyKind): Middleware[] =>
  kind === 'none' ? [] : [jsonBody({ isOptional: kind === 'optional' })];

/** An endpoint of the Receiver interface: an eMSP about one of its Tokens. */
export const receiver = (
  body: BodyKind,
  run: (request: ReceiverRequest, runtime: Runtime) => Promise<Reply>,
): Endpoint => ({
  middlewares: (runtime) => [...functional(runtime, 'CPO'), ownership(), ...bodyOf(body)],
  run: ({ ocpi }, runtime) => run(ocpi as ReceiverRequest, runtime),
});

/** An endpoint of the Sender interface: a CPO about our own Tokens. */
export const sender = (body: BodyKind, run: (request: OcpiRequest, runtime: Runtime) => Promise<Reply>): Endpoint => ({
  middlewares: (runtime) => [...functional(runtime, 'EMSP'), readership(), ...bodyOf(body)],
  run: ({ ocpi }, runtime) => run(ocpi as OcpiRequest, runtime),
});

/** An endpoint of the versions and credentials modules, which have no routing headers (RTE-03). */
export const configuration = <R extends Runtime>(
  { hasVersion, body }: { hasVersion: boolean; body: BodyKind },
  run: (request: OcpiRequest, runtime: R) => Promise<Reply>,
): Endpoint<R> => ({
  middlewares: (runtime) => [
    tree(runtime),
    ...(hasVersion ? [versionOfTree()] : []),
    authenticate(runtime, { role: undefined, takesRegistrationToken: true }),
    ...bodyOf(body),
  ],
  run: ({ ocpi }, runtime) => run(ocpi as OcpiRequest, runtime),
});

/** An endpoint that asks nobody who they are. */
export const open = (
  run: (request: Pick<OcpiRequest, 'routeKey' | 'path'>) => Promise<Reply>,
): Endpoint<BareRuntime> => ({
  middlewares: () => [],
  run: ({ ocpi }) => run(ocpi as OcpiRequest),
});

/** Left for the answer when the time of the function runs out. */
const timeoutEarlyInMillis = 250;

/** The handler that Lambda calls, or that a test calls with a runtime of its own. */
export function lambda<R extends BareRuntime>(endpoint: Endpoint<R>, runtime: R): Handler {
  const handler = middy<APIGatewayProxyEventV2, Reply, Error, OcpiContext>({ timeoutEarlyInMillis })
    .use([
      begin(runtime),
      accessLog(runtime),
      compress(),
      envelope(runtime),
      messageIds(runtime),
      ...endpoint.middlewares(runtime),
    ])
    .handler((_event, context) => endpoint.run(context, runtime));
  // The envelope has turned every Reply into a response.
  return handler as unknown as Handler;
}
