/** A fresh process that imports one bundle, calls it once, and prints how long each took: what a cold start is made of. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';

export interface ColdCallOptions {
  bundle: string;
  export: string;
  event: APIGatewayProxyEventV2;
}

/** In milliseconds. */
export interface ColdCall {
  import: number;
  /** After the import. */
  answer: number;
  /** Of both, and of the start of the process before them. */
  whole: number;
  statusCode: number;
}

type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;

const options = JSON.parse(process.argv[2] ?? '') as ColdCallOptions;
const begun = performance.now();
const module = (await import(options.bundle)) as Record<string, Handler>;
const imported = performance.now();
const context = { getRemainingTimeInMillis: () => 10_000 } as Context;
const answer = await module[options.export]?.(options.event, context);
// Counted from the start of the process.
const whole = performance.now();
const result: ColdCall = {
  import: imported - begun,
  answer: whole - imported,
  whole,
  statusCode: answer?.statusCode ?? 0,
};
process.stderr.write(JSON.stringify(result));
// The connections that are kept open would keep the process.
process.exit();
