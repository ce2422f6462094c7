/** DynamoDB, SQS and KMS as functions find them on this machine: one address that notes who asks for what, and may fail. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { keyVault, type Vault } from '../../../lib/runtime/vault.ts';
import { type Call, dynamodbCalls, kmsCall, sqsCall } from './calls.ts';

export interface AwsRequest {
  /** The function that asks. */
  by: string;
  service: 'dynamodb' | 'kms' | 'sqs';
  operation: string;
  input: Record<string, unknown>;
}

/** What is answered instead; `after` lets the request through first, so that only its answer is lost. */
export interface Fault {
  status: number;
  /** As the service spells it: `ThrottlingException`. */
  type: string;
  more?: object;
  after?: boolean;
}

export interface Aws {
  url: string;
  /** Every question to IAM, once. */
  calls: () => Call[];
  /** Asked about each request; undefined lets it through. */
  fail: (request: AwsRequest) => Fault | undefined;
  /** What KMS has sealed, and what it will open. */
  vault: Vault;
  stop: () => Promise<void>;
}

interface Options {
  /** Where the embedded DynamoDB is. */
  dynamodb: string;
  /** Where the local SQS is. */
  sqs: () => Promise<string>;
  /** Logical ids of tables by their names. */
  tables: Record<string, string>;
  partitionKeyOf: (id: string) => string;
}

const services: Record<string, AwsRequest['service']> = {
  DynamoDB_20120810: 'dynamodb',
  AmazonSQS: 'sqs',
  TrentService: 'kms',
};

const prefixes = { dynamodb: 'com.amazonaws.dynamodb.v20120810#', sqs: 'com.amazonaws.sqs#', kms: '' };

export async function startAws({ dynamodb, sqs, tables, partitionKeyOf }: Options): Promise<Aws> {
  const seen = new Map<string, Call>();
  const agent = new Agent({ keepAlive: true });
  const key = randomBytes(32);
  const vault = keyVault(() => key);
  const idOf = (name: string) => tables[name] ?? name;

  const questionsOf = ({ service, operation, input }: AwsRequest) => {
    if (service === 'dynamodb') return dynamodbCalls(operation, input, { idOf, partitionKeyOf });
    if (service === 'kms') return [kmsCall(operation, input as { KeyId: string })];
    return [sqsCall(operation, input as { QueueUrl: string })];
  };

  function note(asked: AwsRequest): void {
    for (const question of questionsOf(asked)) {
      const call = { by: asked.by, ...question };
      seen.set(JSON.stringify(call), call);
    }
  }

  async function answerAsKms({ operation, input }: AwsRequest, response: ServerResponse): Promise<void> {
    const { Plaintext = '', CiphertextBlob = '', EncryptionContext = {}, KeyId } = input as Record<string, string>;
    const { peer = '' } = EncryptionContext as unknown as { peer?: string };
    try {
      const answer =
        operation === 'Encrypt'
          ? { CiphertextBlob: await vault.seal(Buffer.from(Plaintext, 'base64').toString(), peer) }
          : { Plaintext: Buffer.from(await vault.unseal(CiphertextBlob, peer)).toString('base64') };
      send(response, 200, { KeyId, ...answer });
    } catch {
      send(response, 400, { __type: 'InvalidCiphertextException' });
    }
  }

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const asked = requestOf(incoming, body);
    note(asked);
    const fault = aws.fail(asked);
    const refuse = ({ status, type, more }: Fault) =>
      send(response, status, { __type: `${prefixes[asked.service]}${type}`, message: type, ...more });
    if (fault && !fault.after) return refuse(fault);
    if (asked.service === 'kms') return answerAsKms(asked, response);
    const to = new URL(asked.service === 'sqs' ? await sqs() : dynamodb);
    const { host: _, ...headers } = incoming.headers;
    const { method, url: path } = incoming;
    request({ agent, hostname: to.hostname, port: to.port, method, path, headers }, async (upstream) => {
      const bytes = await buffer(upstream);
      if (fault) return refuse(fault);
      response.writeHead(upstream.statusCode ?? 500, upstream.headers).end(bytes);
    })
      .on('error', () => response.destroy())
      .end(body);
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error) => send(response, 500, { __type: String(error) }));
  });
  // A function that is frozen says nothing for as long as nobody calls it.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const aws: Aws = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => [...seen.values()],
    fail: () => undefined,
    vault,
    async stop() {
      server.closeAllConnections();
      agent.destroy();
      server.close();
    },
  };
  return aws;
}

function requestOf({ headers }: IncomingMessage, body: Buffer): AwsRequest {
  const [target = '', operation = ''] = String(headers['x-amz-target']).split('.');
  const [, by = 'nobody'] = /Credential=([^/]+)\//.exec(headers.authorization ?? '') ?? [];
  const service = services[target];
  if (!service) throw new Error(`No stand-in for ${target}`);
  return { by, service, operation, input: JSON.parse(body.toString()) as Record<string, unknown> };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}
