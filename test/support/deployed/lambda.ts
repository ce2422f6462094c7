/** One deployed function: its zip, unpacked, in processes that know what a Lambda knows, and are called as Lambda calls. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { atMost } from '../../../lib/local/turns.ts';
import { instancesOfLambda } from './instances.ts';

/** What the template says of a function, its references resolved. */
export interface DeployedFunction {
  name: string;
  /** As in the template: `functions/tokens/get-token.handler`. */
  handler: string;
  zip: string;
  timeoutSeconds: number;
  memoryMegabytes: number;
  environment: Record<string, string>;
}

export interface Surroundings {
  region: string;
  /** Where DynamoDB and KMS are asked here. */
  awsUrl: string;
  /** Beside what the template gives: what a function needs to reach others on this machine. */
  environment: Record<string, string>;
  /** How far its clock is ahead, in milliseconds. */
  ahead: () => number;
  onLine: (line: string) => void;
}

export interface Lambda {
  /**
   * Calls it with an event that it gets as JSON, and resolves to its answer, which comes as JSON.
   * @throws FunctionFailed
   */
  invoke(event: unknown): Promise<unknown>;
  /** Has a process of it ready, as its first call would. */
  start(): Promise<void>;
  /** Tells the calls that are under way how far the clock is ahead now. */
  moveClock(): void;
  stop(): Promise<void>;
}

/** What a caller learns when a function throws, does not start, dies or takes too long. */
export class FunctionFailed extends Error {
  constructor(name: string, { errorType, errorMessage, trace = [] }: Failure) {
    super(`${name}: ${errorType}: ${errorMessage}\n${trace.join('\n')}`);
    this.name = errorType;
  }
}

interface Failure {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

interface Message {
  isReady?: true;
  result?: unknown;
  failure?: Failure;
}

interface Instance {
  call(line: string): Promise<Message>;
  moveClock(ahead: number): void;
  end(): Promise<void>;
}

const runtime = fileURLToPath(new URL('lambda-runtime.mjs', import.meta.url));

/** The most that a function may answer, in bytes. */
const maxAnswer = 6 * 1024 * 1024;

/** @returns the function, of which nothing runs before its first call */
export function deployLambda(deployed: DeployedFunction, surroundings: Surroundings): Lambda {
  const { name, timeoutSeconds } = deployed;
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  for (const [path, content] of Object.entries(unzipSync(readFileSync(deployed.zip)))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const idle: Instance[] = [];
  const all = new Set<Instance>();
  const inTurn = atMost(instancesOfLambda);

  async function start(): Promise<Instance> {
    const instance = await startInstance(deployed, folder, surroundings);
    all.add(instance);
    return instance;
  }

  async function drop(instance: Instance): Promise<void> {
    all.delete(instance);
    await instance.end();
  }

  async function call(event: unknown): Promise<unknown> {
    const instance = idle.pop() ?? (await start());
    const deadline = Date.now() + timeoutSeconds * 1_000;
    const context = contextOf(deployed, surroundings.region);
    const answer = instance.call(JSON.stringify({ event, context, deadline, ahead: surroundings.ahead() }));
    const { result, failure } = await orTimeout(answer, timeoutSeconds).catch(async (error) => {
      await drop(instance);
      throw error;
    });
    idle.push(instance);
    if (failure) throw new FunctionFailed(name, failure);
    if (JSON.stringify(result).length > maxAnswer) {
      throw new FunctionFailed(name, { errorType: 'Function.ResponseSizeTooLarge', errorMessage: 'more than 6 MB' });
    }
    return result;
  }

  async function orTimeout(answer: Promise<Message>, seconds: number): Promise<Message> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () =>
        late.reject(new FunctionFailed(name, { errorType: 'Sandbox.Timedout', errorMessage: `after ${seconds} s` })),
      seconds * 1_000,
    );
    return Promise.race([answer, late.promise]).finally(() => clearTimeout(timer));
  }

  return {
    invoke: (event) => inTurn(() => call(event)),
    async start() {
      if (all.size === 0) idle.push(await start());
    },
    moveClock() {
      for (const instance of all) instance.moveClock(surroundings.ahead());
    },
    async stop() {
      await Promise.all([...all].map(drop));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const contextOf = ({ name, memoryMegabytes }: DeployedFunction, region: string) => ({
  awsRequestId: randomUUID(),
  callbackWaitsForEmptyEventLoop: true,
  functionName: name,
  functionVersion: '$LATEST',
  invokedFunctionArn: `arn:aws:lambda:${region}:000000000000:function:${name}`,
  logGroupName: `/aws/lambda/${name}`,
  logStreamName: 'local',
  memoryLimitInMB: String(memoryMegabytes),
});

/** All that is in the environment of a Lambda beside what the template puts there; the access key names the function. */
const reserved = ({ name, handler, memoryMegabytes }: DeployedFunction, folder: string, region: string) => ({
  LANG: 'en_US.UTF-8',
  TZ: ':UTC',
  PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
  _HANDLER: handler,
  LAMBDA_TASK_ROOT: folder,
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_NAME: name,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
  AWS_LAMBDA_LOG_STREAM_NAME: 'local',
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_ACCESS_KEY_ID: name,
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'session',
});

async function startInstance(
  deployed: DeployedFunction,
  folder: string,
  { region, awsUrl, environment, onLine }: Surroundings,
): Promise<Instance> {
  const mark = `${randomUUID()} `;
  // It may read its own code and nothing else, and write nowhere; a Lambda may write to /tmp, which ours have no need of.
  const permissions = ['--permission', ...[join(folder, '*'), runtime].map((path) => `--allow-fs-read=${path}`)];
  const child = spawn(
    process.execPath,
    [...permissions, '--no-warnings', runtime, JSON.stringify({ mark, kmsUrl: awsUrl })],
    {
      cwd: folder,
      env: {
        ...reserved(deployed, folder, region),
        AWS_ENDPOINT_URL_DYNAMODB: awsUrl,
        ...environment,
        ...deployed.environment,
      },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    },
  );
  const clock = child.stdio[3] as Writable;
  clock.on('error', () => {});
  const messages = messagesOf(child, mark, onLine);
  const next = () =>
    messages.next().catch((error: Error) => {
      throw new FunctionFailed(deployed.name, { errorType: 'Runtime.ExitError', errorMessage: error.message });
    });
  const instance: Instance = {
    call(line) {
      (child.stdin as Writable).write(`${line}\n`);
      return next();
    },
    moveClock(ahead) {
      clock.write(`${ahead}\n`);
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
  const { isReady, failure } = await next();
  if (!isReady && failure) throw new FunctionFailed(deployed.name, failure);
  return instance;
}

/** What the runtime says, and what the function prints, in the order in which they come. */
function messagesOf(child: ChildProcess, mark: string, onLine: (line: string) => void) {
  let waiting = Promise.withResolvers<Message>();
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr = `${stderr}${chunk}`.slice(-4_000);
  });
  child.stdin?.on('error', () => {});
  createInterface({ input: child.stdout as Readable }).on('line', (line) => {
    if (!line.startsWith(mark)) return onLine(line);
    const { resolve } = waiting;
    waiting = Promise.withResolvers();
    waiting.promise.catch(() => undefined);
    resolve(JSON.parse(line.slice(mark.length)) as Message);
  });
  child.once('close', () => waiting.reject(new Error(`The process has ended. ${stderr}`)));
  waiting.promise.catch(() => undefined);
  return { next: () => waiting.promise };
}
