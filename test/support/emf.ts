/** Reads lines as CloudWatch does: what metrics they make. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
import { createMetrics, type Metrics } from '../../lib/telemetry/metrics.ts';

export interface Point {
  namespace: string;
  name: string;
  unit: string;
  value: number;
  dimensions: Record<string, string>;
}

interface Directive {
  Namespace: string;
  Dimensions: string[][];
  Metrics: { Name: string; Unit: string }[];
}
type Line = Record<string, unknown> & { _aws: { Timestamp: number; CloudWatchMetrics: Directive[] } };

const most = 30;

/** @throws Error for what CloudWatch would leave out without a word */
function textIn(line: Line, name: string): string {
  const value = line[name];
  if (typeof value === 'string' && /^[\x20-\x7e]{1,1024}$/.test(value)) return value;
  throw new Error(`${name} is no value of a dimension: ${JSON.stringify(line)}`);
}

/** @throws Error */
function numberIn(line: Line, name: string): number {
  const value = line[name];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Error(`${name} is no number: ${JSON.stringify(line)}`);
}

/** @param text what a function wrote; its other lines are left out */
export const pointsIn = (text: string): Point[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{"_aws"'))
    .flatMap((json) => {
      const line = JSON.parse(json) as Line;
      return line._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
        Dimensions.flatMap((set) => {
          if (set.length > most) throw new Error('too many dimensions');
          const dimensions = Object.fromEntries(set.map((name) => [name, textIn(line, name)]));
          return Metrics.map(({ Name, Unit }) => {
            const value = numberIn(line, Name);
            return { namespace: Namespace, name: Name, unit: Unit, value, dimensions };
          });
        }),
      );
    });

/** Such as `Requests by service, peer`. */
export const kindOf = ({ name, dimensions }: Pick<Point, 'name'> & { dimensions: object }): string =>
  `${name} by ${Object.keys(dimensions).sort().join(', ')}`;

export interface Measuring {
  metrics: Metrics;
  points: () => Point[];
  /** Such as `PushLag acme 1.5`, of those that are told apart by a dimension, in the order in which they were said. */
  by: (dimension: string) => string[];
}

/** What a deployed function measures with, and what comes of it. */
export function measuring(functionName: string, service = 'ocpi-tokens-dev'): Measuring {
  const written: string[] = [];
  const points = () => pointsIn(written.join(''));
  return {
    metrics: createMetrics({ service, functionName, write: (line) => written.push(line) }),
    points,
    by: (dimension) =>
      points()
        .filter(({ dimensions }) => dimension in dimensions)
        .map(({ name, value, dimensions }) => `${name} ${dimensions[dimension]} ${value}`),
  };
}
