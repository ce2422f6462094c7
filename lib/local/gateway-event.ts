/** An HTTP request as the event that API Gateway hands to a function (HTTP API, payload format 2.0). */
import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

export interface HttpRequest {
  method: string;
  /** The request target as sent: `/a%20b?c=d`. */
  target: string;
  httpVersion: string;
  /** Names and values in turn, as node:http lists them: nothing folded, nothing lost. */
  rawHeaders: string[];
  remoteAddress: string;
  body: Buffer;
}

type MatchedRoute = { routeKey: string; pathParameters?: Record<string, string> };

/**
 * The path of a request target as an HTTP API sees it, before it looks for a route: percent-decoded, and cut at a `?`
 * that decoding brought up (so `%2F` separates segments and `%3F` ends the path). Undefined when the target is malformed.
 */
export const decodePath = (target: string): string | undefined => {
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  if (!path.startsWith('/')) return undefined;
  if (!path.includes('%')) return path;
  try {
    const [decoded] = decodeURIComponent(path).split('?');
    return decoded;
  } catch {
    return undefined;
  }
};

/** The event for a request that took this route. `path` is what `decodePath` made of the request's target. */
export const toEvent = (
  request: HttpRequest,
  path: string,
  { routeKey, pathParameters }: MatchedRoute,
  now = new Date(),
): APIGatewayProxyEventV2 => {
  const { cookies, headers } = headersOf(request, now);
  const question = request.target.indexOf('?');
  const rawQueryString = question < 0 ? '' : request.target.slice(question + 1);
  const isBase64Encoded = request.body.length > 0 && !isText(headers['content-type']);
  const domainName = (headers.host ?? 'localhost').replace(/:\d+$/, '');
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString,
    ...(cookies && { cookies }),
    headers,
    ...(rawQueryString !== '' && { queryStringParameters: queryOf(rawQueryString) }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName,
      domainPrefix: domainName.split('.', 1)[0] ?? '',
      http: {
        method: request.method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.remoteAddress,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: requestTime(now),
      timeEpoch: now.getTime(),
    },
    ...(pathParameters && { pathParameters }),
    ...(request.body.length > 0 && { body: request.body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  };
};

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const headersOf = ({ rawHeaders, remoteAddress, body }: HttpRequest, now: Date) => {
  const headers: Record<string, string> = {};
  let cookies: string[] | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    const value = rawHeaders[at + 1] ?? '';
    if (name === 'cookie') cookies = [...(cookies ?? []), ...value.split(/; */)];
    else if (!hopByHop.has(name)) headers[name] = name in headers ? `${headers[name]},${value}` : value;
  }
  headers['content-length'] = String(body.length);
  headers['x-amzn-trace-id'] ??= traceId(now);
  headers['x-forwarded-for'] = [headers['x-forwarded-for'], remoteAddress].filter(Boolean).join(', ');
  headers['x-forwarded-port'] = /:(\d+)$/.exec(headers.host ?? '')?.[1] ?? '80';
  headers['x-forwarded-proto'] = 'http';
  return { headers, cookies };
};

const traceId = (now: Date) => {
  const seconds = Math.floor(now.getTime() / 1000).toString(16);
  return `Root=1-${seconds}-${randomUUID().replaceAll('-', '').slice(8)}`;
};

const queryOf = (rawQueryString: string) => {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    query[name] = name in query ? `${query[name]},${value}` : value;
  }
  return query;
};

// The split that was observed on AWS (ministackorg/ministack#766). Everything else is base64, even `+json` types, forms
// and a body without a content type.
const isText = (contentType: string | undefined) =>
  /^(text\/[^;]+|application\/(json|xml|javascript))\s*(;|$)/i.test(contentType ?? '');

// 22/Nov/2026:13:38:34 +0000, cut out of `Sun, 22 Nov 2026 13:38:34 GMT`.
const requestTime = (now: Date) => {
  const text = now.toUTCString();
  return `${text.slice(5, 7)}/${text.slice(8, 11)}/${text.slice(12, 16)}:${text.slice(17, 25)} +0000`;
};
