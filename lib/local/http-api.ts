/** An API Gateway HTTP API on localhost: node:http in front, Lambda handlers behind, and the gateway's own answers between. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { decodePath, type HttpRequest, toEvent } from './gateway-event.ts';
import { gatewayMessage, type HttpResponse, internalServerError, toResponse } from './gateway-response.ts';
import { patience } from './patience.ts';
import { routeTable } from './route-table.ts';
import type { LambdaFunction } from './serverless-yml.ts';
import { atMost, oneByOne } from './turns.ts';

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
  /** Judges a request before it is routed, as an authorizer does; without one everybody is let in. */
  admit?: (request: HttpRequest) => Admission;
  /** How many calls of one function run at a time; others wait, for no time of their own. */
  concurrency?: number | ((lambda: Lambda) => number | undefined);
}

export interface HttpApi {
  /**
   * Loads the functions and listens; resolves to the port, rejects with EADDRINUSE when it is taken.
   * @param port 0 takes a free one; or what holds one, which listens no more from then on
   */
  listen(port: number | NetServer, host?: string): Promise<number>;
  /** Takes no new connections and resolves when the open requests are answered, or after `graceMs` cuts them. */
  close(graceMs?: number): Promise<void>;
}

type Invoke = (event: APIGatewayProxyEventV2, isWanted: () => boolean) => Promise<HttpResponse>;

// API Gateway's quotas for HTTP APIs.
const requestBodyLimit = 10 * 1024 * 1024;
const requestHeadersLimit = 10_240;
const gatewayPatienceMs = 30_000;

// Lambda would run as many as there are requests, each on a machine of its own. Here they share one, and one database
// whose answers would all come too late. For each function, because handshakes wait for other functions of this server.
const functionConcurrency = 4;

/** An HTTP API over these functions and their routes, answering as API Gateway does, errors and limits included. */
export const createHttpApi = <Lambda extends RoutedFunction>({
  functions,
  load,
  onError = (lambda, error) => console.error(`${lambda.name}:`, error),
  gatewayTimeoutMs = gatewayPatienceMs,
  concurrency = functionConcurrency,
  admit = () => ({}),
}: HttpApiOptions<Lambda>): HttpApi => {
  let answer: Answer;
  let isClosing = false;
  const takeTurn = oneByOne();

  // Node's own refusal of a request without a host has no body; the gateway's has one.
  const options = { maxHeaderSize: requestHeadersLimit, requireHostHeader: false };
  const server = createServer(options, (request, response) => {
    takeTurn(request.socket, (done) => {
      response.once('close', done);
      readBody(request, async (body) => send(response, await replyTo(request, body, answer), isClosing));
    });
  });
  server.on('clientError', (error, socket: Socket) => {
    takeTurn(socket, () => refuse(socket, error));
  });

  const toInvoke = async (lambda: Lambda): Promise<Invoke> => {
    const run = await load(lambda);
    const most = typeof concurrency === 'number' ? concurrency : (concurrency(lambda) ?? functionConcurrency);
    return invoker(lambda, run, { gatewayTimeoutMs, concurrency: most, report: (error) => onError(lambda, error) });
  };

  return {
    async listen(port, host = '127.0.0.1') {
      const routes = await Promise.all(
        functions.map(async (lambda) => {
          const invoke = await toInvoke(lambda);
          return lambda.routes.map((routeKey) => [routeKey, invoke] as const);
        }),
      );
      answer = router(routes.flat(), admit);
      if (typeof port === 'number') server.listen(port, host);
      else server.listen(port);
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

/** The answer that ends it, or what the gateway says of the caller. */
export type Admission = { refusal: HttpResponse } | { authorizer?: object };

type Answer = (request: HttpRequest, isWanted: () => boolean) => Promise<HttpResponse>;

const router = (routes: (readonly [string, Invoke])[], admit: (request: HttpRequest) => Admission): Answer => {
  const match = routeTable(routes);
  return async (request, isWanted) => {
    const admission = admit(request);
    if ('refusal' in admission) return admission.refusal;
    const path = decodePath(request.target);
    if (path === undefined) return gatewayMessage(400, 'Bad Request');
    const matched = match(request.method, path);
    if (!matched) return gatewayMessage(404, 'Not Found');
    return matched.target(withAuthorizer(toEvent(request, path, matched), admission), isWanted);
  };
};

/** What an authorizer has found out stands where the function looks for it. */
const withAuthorizer = (
  event: APIGatewayProxyEventV2,
  { authorizer }: { authorizer?: object },
): APIGatewayProxyEventV2 =>
  authorizer === undefined ? event : { ...event, requestContext: Object.assign(event.requestContext, { authorizer }) };

/** @param body undefined if it is too large */
const replyTo = async (request: IncomingMessage, body: Buffer | undefined, answer: Answer): Promise<HttpResponse> => {
  if (!body) return gatewayMessage(413, 'Request Entity Too Large');
  if (request.headers.host === undefined && request.httpVersion === '1.1') return gatewayMessage(400, 'Bad Request');
  return answer(toHttpRequest(request, body), () => request.socket.writable);
};

/** One function as Lambda runs it: a throw is reported and hidden, and a call that takes too long is given up. */
const invoker = (
  lambda: RoutedFunction,
  run: LambdaHandler,
  {
    gatewayTimeoutMs,
    concurrency,
    report,
  }: { gatewayTimeoutMs: number; concurrency: number; report: (error: unknown) => void },
): Invoke => {
  const whenFree = atMost(concurrency);
  const functionTimeoutMs = lambda.timeoutSeconds * 1000;
  const timeoutMs = Math.min(functionTimeoutMs, gatewayTimeoutMs);
  // The gateway that stops waiting says 503; a function that Lambda stopped has failed, like one that threw.
  const timedOut =
    functionTimeoutMs < gatewayTimeoutMs ? internalServerError() : gatewayMessage(503, 'Service Unavailable');

  const wait = patience(timeoutMs);
  const fail = (error: unknown): HttpResponse => {
    report(error);
    return internalServerError();
  };

  const call = (event: APIGatewayProxyEventV2) =>
    new Promise<HttpResponse>((resolve) => {
      const done = wait(() => {
        report(new Error(`Task timed out after ${timeoutMs / 1000} seconds`));
        resolve(timedOut);
      });
      // An async function: a handler that throws before its first await must not take the server down.
      const answer = async () => toResponse(await run(event, contextOf(lambda, timeoutMs)));
      void answer()
        .catch(fail)
        .then((response) => {
          done();
          resolve(response);
        });
    });
  // Nobody hears the answer to a client that has left while it waited.
  return (event, isWanted) => whenFree(async () => (isWanted() ? call(event) : internalServerError()));
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

const lingerMs = 1_000;

/** Answers what is no request that Node can read. */
const refuse = (socket: Socket, error: NodeJS.ErrnoException) => {
  if (!socket.writable) return;
  const { status, headers, body } = refusalOf(error);
  const head = { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${String(body)}`);
  // To close at once, with bytes of the client still unread, would reset the connection and lose the answer.
  setTimeout(() => socket.destroy(), lingerMs).unref();
};

const refusalOf = ({ code }: NodeJS.ErrnoException): HttpResponse => {
  if (code === 'HPE_HEADER_OVERFLOW') return gatewayMessage(431, 'Request Header Fields Too Large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return gatewayMessage(408, 'Request Timeout');
  return gatewayMessage(400, 'Bad Request');
};
