/** The signature of a request (SigV4) as AWS describes it, computed from what came in: nothing here is of the SDK that signs. */
import { createHash, createHmac } from 'node:crypto';

export interface SignedRequest {
  method: string;
  path: string;
  /** As it was sent. */
  query: string;
  /** Names in lower case. */
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** @returns what it says of itself; empty where it says nothing */
function claimsOf({ headers }: SignedRequest) {
  const [, accessKey = '', scope = '', signedHeaders = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\S+), ?SignedHeaders=(\S+), ?Signature=(\w+)$/.exec(
      String(headers.authorization ?? ''),
    ) ?? [];
  return { accessKey, scope, signedHeaders, signature };
}

export function expectedSignature(request: SignedRequest, secret: string): string {
  const { method, path, query, headers, body } = request;
  const { scope, signedHeaders } = claimsOf(request);
  const lines = signedHeaders.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const sorted = query.split('&').toSorted().join('&');
  const canonical = [method, path, sorted, lines.join(''), signedHeaders, sha256(body)];
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical.join('\n'))].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((before, part) => hmac(before, part), `AWS4${secret}`);
  return hmac(key, text).toString('hex');
}

export interface Credentials {
  accessKey: string;
  secret: string;
  sessionToken: string;
}

const mostMinutesApart = 5;

/** Whether the gateway of an API in a region would let the request through to the function. */
export function isSignedBy(request: SignedRequest, { accessKey, secret, sessionToken }: Credentials, region: string) {
  const { headers } = request;
  const claims = claimsOf(request);
  const date = String(headers['x-amz-date']);
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const minutesApart = Math.abs(Date.now() - Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`)) / 60_000;
  return (
    claims.accessKey === accessKey &&
    claims.scope === `${date.slice(0, 8)}/${region}/execute-api/aws4_request` &&
    claims.signedHeaders.split(';').includes('host') &&
    headers['x-amz-security-token'] === sessionToken &&
    minutesApart < mostMinutesApart &&
    claims.signature === expectedSignature(request, secret)
  );
}
