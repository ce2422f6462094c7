/** SQS on this machine, in this process and its memory, and what Lambda does with it: calls functions with one message at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { buildApp } from 'fauxqs';
import type { LambdaFunction } from './serverless-yml.ts';

export type QueueHandler = (event: Pick<SQSEvent, 'Records'>) => Promise<SQSBatchResponse | undefined>;

export interface LocalQueues {
  /** By logical id. */
  urls: Record<string, string>;
  /**
   * Calls the functions that serverless.yml connects to a queue.
   * @param load finds the code of a function
   * @returns what ends all of it: calls that are under way have a few seconds, and their messages end with the queue
   */
  startConsumers(
    functions: readonly LambdaFunction[],
    load: (declared: LambdaFunction) => Promise<QueueHandler>,
  ): Promise<() => Promise<void>>;
}

/** As long as SQS allows, so that an idle machine is left alone. */
const pollSeconds = 20;
/** After a request that failed. */
const pauseMs = 1_000;
const patienceMs = 3_000;

/** Nobody asks for these on a machine of one's own, but the client does. */
const local = { region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** @param queues by logical id, in the words of CreateQueue */
export async function startQueues(queues: Record<string, Record<string, string>>): Promise<LocalQueues> {
  // The package's own start would listen on all interfaces.
  const app = buildApp({ logger: false });
  const endpoint = await app.listen({ port: 0, host: '127.0.0.1' });
  const client = new SQSClient({ endpoint, ...local });
  const urls: Record<string, string> = {};
  for (const [logicalId, Attributes] of Object.entries(queues)) {
    const QueueName = Attributes.FifoQueue === 'true' ? `${logicalId}.fifo` : logicalId;
    const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    // It names a host that not every machine finds.
    urls[logicalId] = new URL(new URL(QueueUrl).pathname, endpoint).href;
  }
  return {
    urls,
    async startConsumers(functions, load) {
      const ends: (() => Promise<void>)[] = [];
      for (const declared of functions) {
        const { name = '', maximumConcurrency = 0 } = declared.queue ?? {};
        const QueueUrl = urls[name];
        if (QueueUrl !== undefined)
          ends.push(consume({ client, QueueUrl, maximumConcurrency, handler: await load(declared) }));
      }
      return async () => {
        await Promise.all(ends.map((end) => end()));
        client.destroy();
        await app.close();
      };
    },
  };
}

interface Consumer {
  client: SQSClient;
  QueueUrl: string;
  maximumConcurrency: number;
  handler: QueueHandler;
}

function consume({ client, QueueUrl, maximumConcurrency, handler }: Consumer): () => Promise<void> {
  const ending = new AbortController();
  const { signal: abortSignal } = ending;
  const underWay = new Set<Promise<void>>();

  async function deliver(message: Message): Promise<void> {
    const failures = await handler({ Records: [recordOf(message)] }).then(
      (answer) => answer?.batchItemFailures ?? [],
      (error: unknown) => [error],
    );
    // What has failed is seen again after the queue's own time, as it is deployed.
    if (failures.length > 0) return;
    const { ReceiptHandle } = message;
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })).catch(() => undefined);
  }

  async function poll(): Promise<void> {
    while (!abortSignal.aborted) {
      if (underWay.size >= maximumConcurrency) {
        await Promise.race(underWay);
        continue;
      }
      // One by one, because a batch may hold several of a group.
      const request = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 1,
        WaitTimeSeconds: pollSeconds,
        MessageSystemAttributeNames: ['All'],
      });
      const { Messages = [] } = await client.send(request, { abortSignal }).catch(async () => {
        await sleep(pauseMs, undefined, { signal: abortSignal }).catch(() => undefined);
        return { Messages: [] };
      });
      for (const message of Messages) {
        const call = deliver(message).finally(() => underWay.delete(call));
        underWay.add(call);
      }
    }
  }

  void poll();
  return async () => {
    ending.abort();
    await Promise.race([Promise.all(underWay), sleep(patienceMs, undefined, { ref: false })]);
  };
}

/** What Lambda makes of a message. */
const recordOf = (message: Message): SQSEvent['Records'][number] => ({
  messageId: message.MessageId ?? '',
  receiptHandle: message.ReceiptHandle ?? '',
  body: message.Body ?? '',
  attributes: { ...message.Attributes } as unknown as SQSEvent['Records'][number]['attributes'],
  messageAttributes: {},
  md5OfBody: message.MD5OfBody ?? '',
  eventSource: 'aws:sqs',
  eventSourceARN: '',
  awsRegion: local.region,
});
