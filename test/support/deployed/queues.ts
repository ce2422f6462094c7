/** SQS on this machine, its queues as the template has them: what was received too often goes to the dead letters by itself. */
import { GetQueueAttributesCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type LocalQueues, startQueues } from '../../../lib/local/queue.ts';
import { readServerlessYml } from '../../../lib/local/serverless-yml.ts';
import type { Template } from '../../packaging/packaged.ts';
import { ofType, region } from './template.ts';

interface QueueProperties {
  RedrivePolicy?: { deadLetterTargetArn: { 'Fn::GetAtt': [id: string, 'Arn'] }; maxReceiveCount: number };
}

/** @param url of any of the queues */
export const clientOf = (url: string): SQSClient =>
  new SQSClient({
    endpoint: new URL(url).origin,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

export async function startDeployedQueues(template: Template): Promise<LocalQueues> {
  const queues = await startQueues(readServerlessYml().queues);
  const { urls } = queues;
  for (const [id, properties] of ofType(template, 'AWS::SQS::Queue')) {
    const { RedrivePolicy } = properties as QueueProperties;
    const client = clientOf(urls[id] ?? '');
    if (RedrivePolicy) {
      const { deadLetterTargetArn, maxReceiveCount } = RedrivePolicy;
      const QueueUrl = urls[deadLetterTargetArn['Fn::GetAtt'][0]];
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
      );
      const policy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount });
      await client.send(new SetQueueAttributesCommand({ QueueUrl: urls[id], Attributes: { RedrivePolicy: policy } }));
    }
    client.destroy();
  }
  return queues;
}
