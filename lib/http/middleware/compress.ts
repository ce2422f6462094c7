/** Large answers travel compressed to whoever takes it: the JSON of a list page repeats itself, and shrinks to a tenth. */
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Middleware } from '../request.ts';

/** One packet: below that there is nothing to win. */
const minBytes = 1_400;

/** `gzip` or `*`, unless with a weight of zero. */
const takesGzip = (acceptEncoding: string): boolean =>
  acceptEncoding.split(',').some((entry) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(entry));

export const compress = (): Middleware => ({
  after: ({ event, response }) => {
    const result = response as APIGatewayProxyStructuredResultV2;
    const { body = '' } = result;
    if (body.length < minBytes) return;
    result.headers = { ...result.headers, Vary: 'Accept-Encoding' };
    if (!takesGzip(event.headers['accept-encoding'] ?? '')) return;

    // Not imported, because every cold start would pay for it, of functions too whose answers are small.
    const zipped = process.getBuiltinModule('node:zlib').gzipSync(body);
    // API Gateway takes bytes in Base64 only, but sends them as they are.
    if (zipped.length >= Buffer.byteLength(body)) return;
    result.headers['Content-Encoding'] = 'gzip';
    result.body = zipped.toString('base64');
    result.isBase64Encoded = true;
  },
});
