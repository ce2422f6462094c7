/** What AWS says of the stack: that it is whole, that clocks, streams and queues lead to their functions, that alarms are there. */
import type { Aws } from './aws.ts';
import { textsIn } from './aws.ts';
import { type Check, NotChecked, ok, Wrong } from './checks.ts';

interface Part {
  /** In serverless.yml. */
  id: string;
  type: string;
  /** At AWS: a name, an id or a URL. */
  physical: string;
  status: string;
}

const again = 'Deploy again; the events of the stack in CloudFormation say why';

/** @param url of the API: the stack is found by it */
export function stackChecks(aws: Aws, url: string, now: () => Date): Check[] {
  let found: Promise<Part[]> | undefined;
  const parts = async (type: string): Promise<Part[]> => {
    found ??= stackOf(aws, url).then((name) => partsOf(aws, name));
    return (await found.catch(notAgain)).filter((part) => part.type === type);
  };
  return [
    {
      name: 'stack',
      async run() {
        const name = await stackOf(aws, url);
        const xml = await aws.query('cloudformation', 'DescribeStacks', { StackName: name });
        const [status = ''] = textsIn(xml, 'StackStatus');
        if (!/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) throw new Wrong(`${name} is ${status}`, again);
        found = partsOf(aws, name);
        const all = await found;
        const broken = all.find((part) => /FAILED|ROLLBACK|DELETE/.test(part.status));
        if (broken) throw new Wrong(`${name}: ${broken.id} is ${broken.status}`, again);
        return ok(`${name} is ${status}, with ${all.length} resources`);
      },
    },
    {
      name: 'stream and queue',
      async run() {
        const mappings = await parts('AWS::Lambda::EventSourceMapping');
        for (const { id, physical } of mappings) {
          const mapping = await aws.lambda(`/2015-03-31/event-source-mappings/${physical}`);
          const [state, result] = [String(mapping.State), String(mapping.LastProcessingResult)];
          const advice = 'Lambda, the function, Configuration, Triggers: enable it; its role and its log say more';
          if (state !== 'Enabled') throw new Wrong(`${id} is ${state}`, advice);
          if (/PROBLEM/i.test(result)) throw new Wrong(`${id}: ${result}`, advice);
        }
        return several(mappings, 'lead to their functions');
      },
    },
    {
      name: 'schedules',
      async run() {
        const rules = await parts('AWS::Events::Rule');
        for (const rule of rules) await assertRuns(aws, rule, now());
        return several(rules, 'have called their functions in the last quarter of an hour');
      },
    },
    {
      name: 'dead letters',
      async run() {
        const queues = (await parts('AWS::SQS::Queue')).filter(({ id }) => id.endsWith('DeadLetters'));
        for (const { id, physical } of queues) {
          const input = { QueueUrl: physical, AttributeNames: ['ApproximateNumberOfMessages'] };
          const { Attributes } = await aws.json('sqs', 'AmazonSQS.GetQueueAttributes', input);
          const { ApproximateNumberOfMessages: count = '0' } = Attributes as Record<string, string>;
          if (count !== '0') throw new Wrong(`${count} in ${id}`, 'A partner could not be worked for: doctor names it');
        }
        return several(queues, 'have none');
      },
    },
    {
      name: 'alarms',
      async run() {
        const alarms = await parts('AWS::CloudWatch::Alarm');
        if (alarms.length === 0) throw new Wrong('there are none', again);
        const states = await statesOf(aws, alarms);
        const missing = alarms.find(({ physical }) => !states.has(physical));
        if (missing) throw new Wrong(`${missing.id} is not there`, again);
        const ringing = alarms.filter(({ physical }) => states.get(physical) === 'ALARM').map(({ id }) => id);
        if (ringing.length === 0) return ok(`${alarms.length}, and none is ringing`);
        const message = `${alarms.length}, and these are ringing: ${ringing.join(', ')}`;
        return { status: 'warn', message, advice: 'CloudWatch, the alarm: its description says what to do' };
      },
    },
  ];
}

const notAgain = (): never => {
  throw new NotChecked('not checked, because of: stack');
};

const several = (all: readonly Part[], what: string) => {
  if (all.length === 0) throw new Wrong('there are none', again);
  return ok(`${all.length} ${what}`);
};

/** By what the URL names: the API, or the domain. */
async function stackOf(aws: Aws, url: string): Promise<string> {
  const { hostname } = new URL(url);
  const [, apiId] = /^([a-z0-9]+)\.execute-api\./.exec(hostname) ?? [];
  const xml = await aws.query('cloudformation', 'DescribeStackResources', { PhysicalResourceId: apiId ?? hostname });
  const [name] = textsIn(xml, 'StackName');
  if (name === undefined) throw new NotChecked(`AWS knows no stack with ${apiId ?? hostname}`);
  return name;
}

async function partsOf(aws: Aws, stack: string): Promise<Part[]> {
  const parts: Part[] = [];
  let next: string | undefined;
  do {
    const input = { StackName: stack, ...(next !== undefined && { NextToken: next }) };
    const xml = await aws.query('cloudformation', 'ListStackResources', input);
    for (const [, member = ''] of xml.matchAll(/<member>(.*?)<\/member>\s*(?=<member>|<\/StackResourceSummaries>)/gs)) {
      const one = (name: string) => textsIn(member, name)[0] ?? '';
      const [id, type] = [one('LogicalResourceId'), one('ResourceType')];
      parts.push({ id, type, physical: one('PhysicalResourceId'), status: one('ResourceStatus') });
    }
    next = textsIn(xml, 'NextToken')[0];
  } while (next !== undefined);
  return parts;
}

const minuteMs = 60_000;
/** Metrics come some minutes late. */
const windowMs = 15 * minuteMs;

async function assertRuns(aws: Aws, { id, physical }: Part, now: Date): Promise<void> {
  // A rule on a bus of its own is named with it.
  const Name = physical.split('|').at(-1);
  const rule = await aws.json('events', 'AWSEvents.DescribeRule', { Name });
  const state = String(rule.State);
  if (state !== 'ENABLED') throw new Wrong(`${id} is ${state}`, 'EventBridge, the rule: enable it');
  const { Targets } = await aws.json('events', 'AWSEvents.ListTargetsByRule', { Rule: Name });
  for (const { Arn } of Targets as { Arn: string }[]) {
    const FunctionName = Arn.split(':').at(6) ?? '';
    const xml = await aws.query('monitoring', 'GetMetricStatistics', {
      Namespace: 'AWS/Lambda',
      MetricName: 'Invocations',
      'Dimensions.member.1.Name': 'FunctionName',
      'Dimensions.member.1.Value': FunctionName,
      StartTime: new Date(now.getTime() - windowMs).toISOString(),
      EndTime: now.toISOString(),
      Period: '60',
      'Statistics.member.1': 'Sum',
    });
    if (!textsIn(xml, 'Sum').some((sum) => Number(sum) > 0)) {
      throw new Wrong(
        `${FunctionName} has not been called`,
        'If it was deployed just now, run this again in five minutes',
      );
    }
  }
}

/** The most that one question may name. */
const alarmsAtOnce = 100;

async function statesOf(aws: Aws, alarms: readonly Part[]): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  for (let from = 0; from < alarms.length; from += alarmsAtOnce) {
    const names = alarms.slice(from, from + alarmsAtOnce);
    const input = Object.fromEntries(names.map(({ physical }, i) => [`AlarmNames.member.${i + 1}`, physical]));
    const xml = await aws.query('monitoring', 'DescribeAlarms', { ...input, MaxRecords: String(alarmsAtOnce) });
    const found = textsIn(xml, 'AlarmName');
    const values = textsIn(xml, 'StateValue');
    for (const [i, name] of found.entries()) states.set(name, values[i] ?? '');
  }
  return states;
}
