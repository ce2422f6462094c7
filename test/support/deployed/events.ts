/** What calls functions beside the gateway: clocks, streams and queues, as the template connects them. */
import { randomUUID } from 'node:crypto';
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';
import type { Template } from '../../packaging/packaged.ts';
import { isObject } from '../../packaging/references.ts';
import { account, nameOfFunction, ofType, region } from './template.ts';

type Arn = { 'Fn::GetAtt': [id: string, attribute: string] };

const idIn = (arn: unknown): string => (isObject(arn) ? ((arn as Arn)['Fn::GetAtt']?.[0] ?? '') : '');

/** @returns the functions that a clock calls, and how often */
export const scheduled = (template: Template): { name: string; expression: string }[] =>
  ofType(template, 'AWS::Events::Rule').flatMap(([, properties]) => {
    const { ScheduleExpression, Targets } = properties as { ScheduleExpression: string; Targets: { Arn: Arn }[] };
    return Targets.map(({ Arn }) => ({ name: nameOfFunction(template, idIn(Arn)), expression: ScheduleExpression }));
  });

export const scheduledEvent = (now: Date) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account,
  time: now.toISOString().replace(/\.\d+Z/, 'Z'),
  region,
  resources: [`arn:aws:events:${region}:${account}:rule/local`],
  detail: {},
});

export interface Source {
  /** Of the function that is called. */
  name: string;
  /** The logical id of the table or the queue. */
  from: string;
  kind: 'stream' | 'queue';
  patterns: unknown[];
}

/** @returns what Lambda fetches events from, and for which functions */
export const sources = (template: Template): Source[] =>
  ofType(template, 'AWS::Lambda::EventSourceMapping').map(([, properties]) => {
    const { EventSourceArn, FunctionName, FilterCriteria } = properties as {
      EventSourceArn: Arn;
      FunctionName: Arn;
      FilterCriteria?: { Filters: { Pattern: string }[] };
    };
    const [from, attribute] = EventSourceArn['Fn::GetAtt'];
    return {
      name: nameOfFunction(template, idIn(FunctionName)),
      from,
      kind: attribute === 'StreamArn' ? 'stream' : 'queue',
      patterns: (FilterCriteria?.Filters ?? []).map(({ Pattern }) => JSON.parse(Pattern) as unknown),
    };
  });

/** @returns whether a filter of Lambda lets a record through; of its rules it knows equality and `prefix` */
export function passes(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern)) {
    return pattern.some((each) =>
      isObject(each) ? typeof value === 'string' && value.startsWith(String(each.prefix)) : each === value,
    );
  }
  return (
    isObject(pattern) && isObject(value) && Object.entries(pattern).every(([name, each]) => passes(each, value[name]))
  );
}

/** What Lambda adds to what the engine tells. */
export const streamEvent = (records: DynamoDBRecord[], table: string) => ({
  Records: records.map((record) => ({
    eventID: randomUUID().replaceAll('-', ''),
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    ...record,
    eventSourceARN: `arn:aws:dynamodb:${region}:${account}:table/${table}/stream/2026-01-01T00:00:00.000`,
  })),
});

/** @returns what of a batch comes again: all from the first record that the function names */
export function notDone(batch: DynamoDBRecord[], answer: DynamoDBBatchResponse | undefined): DynamoDBRecord[] {
  const [first] = answer?.batchItemFailures ?? [];
  const at = batch.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === first?.itemIdentifier);
  return first === undefined ? [] : batch.slice(Math.max(at, 0));
}
