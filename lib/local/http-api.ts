/** An API Gateway HTTP API on localhost: node:http in front, Lambda handlers behind, and the gateway's own answers between. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { decodePath, type HttpRequest, toEvent } from './gateway-event.ts';
import { gatewayMessage, type HttpResponse, internalServerError, toResponse } from './gateway-response.ts';
import { routeTable } from './route-table.ts';
import type { LambdaFunction } from './serverless-yml.ts';

export type LambdaHandler = (event: APIGatewayProxyEventV2, context: Context) => Promise<unknown>;
export type RoutedFunction = Pick<LambdaFunction, 'name' | 'routes' | 'timeoutSeconds'>;

export interface HttpApiOptions<Lambda extends RoutedFunction> {
  functions: readonly Lambda[];
  /** Finds the code of a function; called for all of them before the first request, so that a broken one shows at once. */
  load: (lambda: Lambda) => LambdaHandler | Promise<LambdaHandler>;
  /** Told what a function threw: AWS shows it in the function's log, and its caller only a 500. */
  onError?: (lambda: Lambda, error: unknown) => void;
  /** How long the gateway waits for a function, if the function's own timeout is not shorter. */
  gatewayTimeoutMs?: number;
}

export interface HttpApi {
  /** Loads the functions and listens; resolves to the port, rejects with EADDRINUSE when it is taken. 0 takes a free one. */
  listen(port: number, host?: string): Promise<number>;
  /** Takes no new connections and resolves when the open requests are answered, or after `graceMs` cuts them. */
  close(graceMs?: number): Promise<void>;
}

type Invoke = (event: APIGatewayProxyEventV2) => Promise<HttpResponse>;

// API Gateway's quotas for HTTP APIs.
const requestBodyLimit = 10 * 1024 * 1024;
const requestHeadersLimit = 10_240;
const gatewayPatienceMs = 30_000;

/** An HTTP API over these functions and their routes, answering as API Gateway does, errors and limits included. */
export const createHttpApi = <Lambda extends RoutedFunction>({
  functions,
  load,
  onError = (lambda, error) => console.error(`${lambda.name}:`, error),
  gatewayTimeoutMs = gatewayPatienceMs,
}: HttpApiOptions<Lambda>): HttpApi => {
  let answer: (request: HttpRequest) => Promise<HttpResponse>;
  let isClosing = false;

  const server = createServer({ maxHeaderSize: requestHeadersLimit }, (request, response) => {
    readBody(request, async (body) => {
      const reply = body ? answer(toHttpRequest(request, body)) : gatewayMessage(413, 'Request Entity Too Large');
      send(response, await reply, isClosing);
    });
  });

  const toInvoke = async (lambda: Lambda): Promise<Invoke> => {
    const run = await load(lambda);
    return invoker(lambda, run, gatewayTimeoutMs, (error) => onError(lambda, error));
  };

  return {
    async listen(port, host = '127.0.0.1') {
      const routes = await Promise.all(
        functions.map(async (lambda) => {
          const invoke = await toInvoke(lambda);
          return lambda.routes.map((routeKey) => [routeKey, invoke] as const);
        }),
      );
      answer = router(routes.flat());
      server.listen(port, host);
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },

    async close(graceMs = 5_000) {
      if (!server.listening) return;
      isClosing = true;
      const closed = once(server, 'close');
      server.close();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
};

const router = (routes: (readonly [string, Invoke])[]) => {
  const match = routeTable(routes);
  return async (request: HttpRequest): Promise<HttpResponse> => {
    const path = decodePath(request.target);
    if (path === undefined) return gatewayMessage(400, 'Bad Request');
    const matched = match(request.method, path);
    if (!matched) return gatewayMessage(404, 'Not Found');
    return matched.target(toEvent(request, path, matched));
  };
};

/** One function as Lambda runs it: a throw is reported and hidden, and a call that takes too long is given up. */
const invoker = (
  lambda: RoutedFunction,
  run: LambdaHandler,
  gatewayTimeoutMs: number,
  report: (error: unknown) => void,
): Invoke => {
  const functionTimeoutMs = lambda.timeoutSeconds * 1000;
  const timeoutMs = Math.min(functionTimeoutMs, gatewayTimeoutMs);
  // The gateway that stops waiting says 503; a function that Lambda stopped has failed, like one that threw.
  const timedOut =
    functionTimeoutMs < gatewayTimeoutMs ? internalServerError() : gatewayMessage(503, 'Service Unavailable');

  return (event) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        report(new Error(`Task timed out after ${timeoutMs / 1000} seconds`));
        resolve(timedOut);
      }, timeoutMs);
      const settle = (response: HttpResponse) => {
        clearTimeout(timer);
        resolve(response);
      };
      const fail = (error: unknown) => {
        report(error);
        settle(internalServerError());
      };
      // `then` and not a direct call: a handler that throws before its first await must not take the server down.
      Promise.resolve(contextOf(lambda, timeoutMs))
        .then((context) => run(event, context))
        .then((result) => settle(toResponse(result)))
        .catch(fail);
    });
};

const contextOf = ({ name }: RoutedFunction, timeoutMs: number): Context => {
  const deadline = Date.now() + timeoutMs;
  return {
    awsRequestId: randomUUID(),
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${name}`,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    memoryLimitInMB: '1024',
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
};

const noBody = Buffer.alloc(0);

/** Calls back with the whole body, or with undefined when it is over the gateway's limit. Never, when the client leaves. */
const readBody = (request: IncomingMessage, done: (body: Buffer | undefined) => Promise<void>) => {
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) {
    void done(noBody);
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    // Read on to the end even so: a client hears an answer only when it has finished sending.
    if (length <= requestBodyLimit) chunks.push(chunk);
  });
  request.on('end', () => void done(length <= requestBodyLimit ? Buffer.concat(chunks) : undefined));
};

const toHttpRequest = (request: IncomingMessage, body: Buffer): HttpRequest => ({
  method: request.method ?? 'GET',
  target: request.url ?? '/',
  httpVersion: request.httpVersion,
  rawHeaders: request.rawHeaders,
  remoteAddress: request.socket.remoteAddress ?? '',
  body,
});

const send = (response: ServerResponse, { status, headers, body }: HttpResponse, isLast: boolean) => {
  try {
    const contentLength = Buffer.byteLength(body);
    response.writeHead(status, { ...headers, 'content-length': contentLength, ...(isLast && { connection: 'close' }) });
    response.end(body);
  } catch {
    // Node refuses a header that HTTP cannot carry, and so does the gateway.
    send(response, internalServerError(), isLast);
  }
};
