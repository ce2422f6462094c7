import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { expect, test } from 'vitest';
import { endpoint as listTokens } from '../../../functions/tokens/list-tokens.ts';
import { ownCreation, ownToken } from '../../support/builders.ts';
import { cpoToken, event, testRuntime } from '../../support/runtime.ts';

const owner = { country_code: 'NL', party_id: 'LMS' };

async function listWith(
  acceptEncoding: string | undefined,
  tokens: number,
): Promise<APIGatewayProxyStructuredResultV2> {
  const runtime = await testRuntime();
  for (let i = 0; i < tokens; i += 1) {
    await runtime.backend.tokens.create(ownCreation(ownToken(owner, { uid: `CARD${i}` })));
  }
  const headers = acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding };
  return listTokens(runtime)(event({ token: cpoToken, headers }), {} as Context);
}

test.each(['gzip', 'deflate, gzip;q=0.5', 'GZIP', '*', 'br;q=1.0, gzip;q=0.001'])(
  'a list page is compressed for "%s"',
  async (accepted) => {
    const plain = await listWith(undefined, 50);
    const { headers, body = '', isBase64Encoded } = await listWith(accepted, 50);
    expect(headers).toMatchObject({ 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
    expect(isBase64Encoded).toBe(true);
    expect(gunzipSync(Buffer.from(body, 'base64')).toString()).toBe(plain.body);
    expect(body.length * 4).toBeLessThan(plain.body?.length ?? 0);
  },
);

test.each([undefined, '', 'br', 'identity', 'gzip;q=0', 'gzip;q=0.000', 'xgzip'])(
  'a list page is not compressed for "%s"',
  async (accepted) => {
    const { headers, isBase64Encoded } = await listWith(accepted, 50);
    expect(headers).not.toHaveProperty('Content-Encoding');
    expect(headers).toHaveProperty('Vary', 'Accept-Encoding');
    expect(isBase64Encoded).toBeUndefined();
  },
);

test('a small answer is never compressed', async () => {
  expect((await listWith('gzip', 1)).headers).not.toHaveProperty('Content-Encoding');
});
