/** AWS, as far as `smoke` asks it: a stack and what is in it. It answers whoever signs for the service that is asked. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface FakeAws {
  url: string;
  /** What is as it should be until a test says otherwise. */
  stack: Stack;
  stop(): Promise<void>;
}

interface Stack {
  status: string;
  /** By logical id. */
  resources: Record<string, { type: string; physical: string; status?: string }>;
  mapping: { State: string; LastProcessingResult: string };
  rule: string;
  calls: number;
  deadLetters: number;
  /** By name. */
  alarms: Record<string, string>;
  /** Services that the credentials may not ask. */
  denied: string[];
}

const healthy = (): Stack => ({
  status: 'UPDATE_COMPLETE',
  resources: {
    HttpApi: { type: 'AWS::ApiGatewayV2::Api', physical: 'ab12cd34' },
    WakeDashsyncEventSourceMapping: { type: 'AWS::Lambda::EventSourceMapping', physical: '0a1b-mapping' },
    WakeDashsyncRule: { type: 'AWS::Events::Rule', physical: 'wake-sync-rule' },
    SyncQueue: { type: 'AWS::SQS::Queue', physical: 'https://sqs.example/sync.fifo' },
    SyncDeadLetters: { type: 'AWS::SQS::Queue', physical: 'https://sqs.example/dead.fifo' },
    SyncDeadLettersAlarm: { type: 'AWS::CloudWatch::Alarm', physical: 'dead & gone' },
  },
  mapping: { State: 'Enabled', LastProcessingResult: 'No records processed' },
  rule: 'ENABLED',
  calls: 14,
  deadLetters: 0,
  alarms: { 'dead & gone': 'OK' },
  denied: [],
});

const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const xml = (members: Record<string, string>): string =>
  Object.entries(members)
    .map(([name, value]) => `<${name}>${escaped(value)}</${name}>`)
    .join('\n');

const member = (id: string, { type, physical, status = 'UPDATE_COMPLETE' }: Stack['resources'][string]) =>
  `<member>${xml({ LogicalResourceId: id, PhysicalResourceId: physical, ResourceType: type, ResourceStatus: status })}
   <DriftInformation><member>a</member></DriftInformation></member>`;

function answerOf(stack: Stack, action: string, input: URLSearchParams): string {
  const all = Object.entries(stack.resources);
  // Of two pages.
  const half = Math.ceil(all.length / 2);
  switch (action) {
    case 'DescribeStackResources': {
      const isKnown = all.some(([, { physical }]) => physical === input.get('PhysicalResourceId'));
      return `<DescribeStackResourcesResult>${isKnown ? xml({ StackName: 'ocpi-tokens-dev' }) : ''}</DescribeStackResourcesResult>`;
    }
    case 'DescribeStacks':
      return xml({ StackStatus: stack.status });
    case 'ListStackResources': {
      const isFirst = input.get('NextToken') === null;
      const page = isFirst ? all.slice(0, half) : all.slice(half);
      const members = page.map(([id, resource]) => member(id, resource)).join('\n');
      return `<StackResourceSummaries>${members}</StackResourceSummaries>${isFirst ? xml({ NextToken: 'a<b' }) : ''}`;
    }
    case 'DescribeAlarms': {
      const names = [...input].filter(([key]) => key.startsWith('AlarmNames')).map(([, name]) => name);
      const found = names.filter((name) => stack.alarms[name] !== undefined);
      return found.map((name) => xml({ AlarmName: name, StateValue: stack.alarms[name] ?? '' })).join('\n');
    }
    case 'GetMetricStatistics':
      return input.get('Dimensions.member.1.Value') === 'wake-sync' ? xml({ Sum: stack.calls.toFixed(1) }) : '';
    default:
      throw new Error(`${action} is not known here`);
  }
}

const target = { Targets: [{ Id: 'a', Arn: 'arn:aws:lambda:eu-west-1:000000000000:function:wake-sync' }] };

export async function startAws(): Promise<FakeAws> {
  const stack = healthy();
  const server = createServer(async (request, response) => {
    const [, service = ''] = /\/eu-west-1\/(\w+)\/aws4_request/.exec(request.headers.authorization ?? '') ?? [];
    const body = await text(request);
    const action = String(request.headers['x-amz-target'] ?? '');
    const end = (status: number, said: string) => response.writeHead(status).end(said);
    if (service === '' || stack.denied.includes(service)) return end(403, xml({ Message: 'not authorized' }));
    if (service === 'lambda') return end(200, JSON.stringify(stack.mapping));
    if (service === 'sqs') {
      const count = body.includes('dead.fifo') ? stack.deadLetters : 3;
      return end(200, JSON.stringify({ Attributes: { ApproximateNumberOfMessages: String(count) } }));
    }
    if (action.endsWith('DescribeRule')) return end(200, JSON.stringify({ State: stack.rule }));
    if (action.endsWith('ListTargetsByRule')) return end(200, JSON.stringify(target));
    const input = new URLSearchParams(body);
    return end(200, answerOf(stack, input.get('Action') ?? '', input));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stack,
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
