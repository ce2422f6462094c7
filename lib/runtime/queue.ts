/** The queue on SQS: first in, first out, a group for each lane. */
import { createHash } from 'node:crypto';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { laneName, type Wake, type WakeQueue } from '../sync/runtime.ts';

/** The most that one request carries. */
const batchSize = 10;

const loopback = /^http:\/\/127\.0\.0\.1:/;

/** An emulator on this machine asks for no credentials, but the client does. */
const local = { region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** @param url as SQS gives it; it also says where the queue is asked */
export function sqsQueue(url: string): WakeQueue {
  const client = new SQSClient({
    endpoint: new URL(url).origin,
    ...(loopback.test(url) && local),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  });

  /** @returns the codes of those that were not taken */
  async function sendBatch(wakes: readonly Wake[]): Promise<(string | undefined)[]> {
    const Entries = wakes.map((wake, i) => ({
      Id: String(i),
      MessageBody: JSON.stringify(messageOf(wake)),
      MessageGroupId: laneName(wake),
      MessageDeduplicationId: deduplicationOf(wake),
    }));
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    return Failed.map(({ Code }) => Code);
  }

  return {
    /** @throws Error if some were not taken; the others are under way then */
    async send(wakes) {
      const refused: (string | undefined)[] = [];
      for (let from = 0; from < wakes.length; from += batchSize) {
        refused.push(...(await sendBatch(wakes.slice(from, from + batchSize))));
      }
      if (refused.length > 0) throw new Error(`SQS did not take ${refused.length} of ${wakes.length}: ${refused[0]}`);
    },
  };
}

/** What has no id has none in the message. */
const messageOf = ({ peer, direction, correlationId }: Wake) => ({ peer, direction, correlationId });

/** SQS looks at it across all groups, and takes 128 characters. */
const deduplicationOf = (wake: Wake): string =>
  createHash('sha256')
    .update(`${laneName(wake)}\n${wake.because}`)
    .digest('hex');
