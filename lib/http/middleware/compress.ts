/** Large answers travel compressed to whoever takes it: the JSON of a list page repeats itself, and shrinks to a tenth. */
import type { Outer } from '../chain.ts';

/** One packet: below that there is nothing to win. */
const minBytes = 1_400;

/** `gzip` or `*`, unless with a weight of zero. */
const takesGzip = (acceptEncoding: string): boolean =>
  acceptEncoding.split(',').some((entry) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(entry));

export const compress: Outer<object> = (response, { event }) => {
  const { body = '' } = response;
  if (body.length < minBytes) return response;
  const plain = { ...response, headers: { ...response.headers, Vary: 'Accept-Encoding' } };
  const accepted = event.headers['accept-encoding'];
  if (accepted === undefined || !takesGzip(accepted)) return plain;

  // Not imported, because every cold start would pay for it, of functions too whose answers are small.
  const zipped = process.getBuiltinModule('node:zlib').gzipSync(body);
  if (zipped.length >= Buffer.byteLength(body)) return plain;
  return {
    ...plain,
    headers: { ...plain.headers, 'Content-Encoding': 'gzip' },
    // API Gateway takes bytes in Base64 only, but sends them as they are.
    body: zipped.toString('base64'),
    isBase64Encoded: true,
  };
};
