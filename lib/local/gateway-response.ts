/** What API Gateway (HTTP API, payload format 2.0) makes of the value a function returns. */

export interface HttpResponse {
  status: number;
  headers: Record<string, string | string[]>;
  body: string | Buffer;
}

/** Lambda's own limit on the JSON of a result. */
const resultLimit = 6_291_556;

// JSON spells a character in up to six bytes; below this length no text can reach the limit, and measuring is not free.
const lengthWorthMeasuring = resultLimit / 6;

const defaultContentType = 'text/plain;charset=UTF-8';

/** A response of the gateway itself: `{"message": …}`. */
export const gatewayMessage = (status: number, message: string): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message }),
});

export const internalServerError = () => gatewayMessage(500, 'Internal Server Error');

/**
 * The HTTP response for a result. Anything without a `statusCode` is sent as JSON with status 200; a result that the
 * gateway cannot use, or that is too large for Lambda, is its 500.
 */
export const toResponse = (result: unknown): HttpResponse => {
  if (isTooLarge(result)) return internalServerError();
  if (!isRecord(result) || result.statusCode === undefined) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(result ?? null) };
  }
  const status = Number(result.statusCode);
  const body = result.body ?? '';
  if (!Number.isInteger(status) || status < 200 || status > 599 || typeof body !== 'string')
    return internalServerError();
  return {
    status,
    headers: headersOf(result),
    body: result.isBase64Encoded === true ? Buffer.from(body, 'base64') : body,
  };
};

const headersOf = ({ headers, cookies }: Record<string, unknown>) => {
  const sent: Record<string, string | string[]> = { 'content-type': defaultContentType };
  for (const [name, value] of Object.entries(isRecord(headers) ? headers : {})) {
    if (isScalar(value)) sent[name.toLowerCase()] = String(value);
  }
  if (Array.isArray(cookies)) sent['set-cookie'] = cookies.filter(isScalar).map(String);
  return sent;
};

const isTooLarge = (result: unknown) => {
  const body = isRecord(result) && typeof result.body === 'string' ? result.body : undefined;
  if (body !== undefined && body.length < lengthWorthMeasuring) return false;
  return Buffer.byteLength(JSON.stringify(result) ?? '') > resultLimit;
};

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
