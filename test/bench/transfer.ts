/** Goal 6: what goes over the line for a list page, and how far the largest page is from what Lambda lets through. */
import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Token } from '../../lib/ocpi/token.ts';
import { ownCreation } from '../support/builders.ts';
import { config } from '../support/runtime.ts';
import { atMost, type Bench, count, exactly, type Figure, timeOfCalls } from './figures.ts';
import { ask, inMemory, type Platform, type Request, requests, startPlatform } from './platform.ts';
import { largestToken, tokenOfNumber } from './tokens.ts';

/** Of the JSON of a function's result, in bytes. */
export const lambdaResultLimit = 6_291_556;

const repetitions = 20;

export const transfer: Bench = async () => {
  const usual = await startWith((i) => tokenOfNumber(i, config.pageSize.max));
  const largest = await startWith(largestToken);
  return [
    ...(await savings('page of 100', usual, requests.listTokens({ limit: '100' }))),
    ...(await savings('page of 1000', usual, requests.listTokens({ limit: '1000' }))),
    ...(await savings('page of 1', usual, requests.listTokens({ limit: '1' }))),
    ...(await room(`page of ${config.pageSize.max} largest Tokens`, largest)),
  ];
};

async function startWith(tokenAt: (i: number) => Token): Promise<Platform> {
  const backend = inMemory();
  for (let i = 0; i < config.pageSize.max; i += 1) await backend.tokens.create(ownCreation(tokenAt(i)));
  return startPlatform(backend);
}

const accepting = (request: Request, encoding: string): Request => ({
  ...request,
  headers: { ...request.headers, 'accept-encoding': encoding },
});

const bodyOf = ({ body = '', isBase64Encoded }: APIGatewayProxyStructuredResultV2): Buffer =>
  Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');

const isCompressed = ({ headers }: APIGatewayProxyStructuredResultV2): boolean =>
  headers?.['Content-Encoding'] !== undefined;

async function savings(name: string, platform: Platform, request: Request): Promise<Figure[]> {
  const plain = await ask(platform, request);
  const gzip = await ask(platform, accepting(request, 'gzip, deflate, br'));
  const isSame = dataOf(plain) === dataOf(gzip);
  const share = bodyOf(gzip).length / bodyOf(plain).length;
  return [
    count(`${name}: plain`, bodyOf(plain).length / 1024, 'KB'),
    count(`${name}: to a client that accepts gzip`, bodyOf(gzip).length / 1024, 'KB'),
    count(`${name}: the latter / the former`, share, '', atMost(1)),
    count(`${name}: differences once it is unpacked`, isSame ? 0 : 1, '', exactly(0)),
    timeOfCalls(`${name}: time to compress`, await timesToCompress(platform, request), 'µs'),
  ];
}

/** Without the envelope, which says when it was made. */
function dataOf(result: APIGatewayProxyStructuredResultV2): string {
  const bytes = bodyOf(result);
  const text = (isCompressed(result) ? gunzipSync(bytes) : bytes).toString();
  return JSON.stringify((JSON.parse(text) as { data: unknown }).data);
}

async function timesToCompress(platform: Platform, request: Request): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < repetitions; i += 1) {
    const begun = performance.now();
    await ask(platform, request);
    const between = performance.now();
    await ask(platform, accepting(request, 'gzip'));
    const ended = performance.now();
    times.push((ended - between - (between - begun)) * 1000);
  }
  return times;
}

async function room(name: string, platform: Platform): Promise<Figure[]> {
  // No other version has types as long.
  const request: Request = { ...requests.listTokens({ limit: String(config.pageSize.max) }), version: '2.3.0' };
  const plain = resultBytes(await ask(platform, request));
  const gzip = resultBytes(await ask(platform, accepting(request, 'gzip')));
  return [
    count(`${name}: result of the function`, plain, 'bytes', atMost(lambdaResultLimit)),
    count(`${name}: result of the function, gzip`, gzip, 'bytes', atMost(lambdaResultLimit)),
    count(`${name}: share of Lambda's limit`, (plain / lambdaResultLimit) * 100, '%'),
    count(
      'largest PAGE_SIZE_MAX that no Token can break',
      Math.floor((lambdaResultLimit / plain) * config.pageSize.max),
      'Tokens',
    ),
  ];
}

/** Lambda counts the result as JSON, in which the quotes of the body are escaped. */
const resultBytes = (result: APIGatewayProxyStructuredResultV2): number => Buffer.byteLength(JSON.stringify(result));
