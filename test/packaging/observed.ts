/** What alarms and the dashboard of a template look at. */
import { kinds, namespace } from '../../lib/telemetry/metrics.ts';
import { kindOf } from '../support/emf.ts';

type Resources = Record<string, { Type: string; Properties?: object }>;

export interface Observed {
  /** The alarm, or the title of the widget. */
  by: string;
  namespace: string;
  name: string;
  /** A search has the names alone, or `service` with its value. */
  dimensions: Record<string, unknown>;
}

interface Metric {
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
}
interface Alarm extends Partial<Metric> {
  AlarmDescription: string;
  AlarmName: string;
  AlarmActions: unknown;
  OKActions: unknown;
  Metrics?: { Id: string; Expression?: string; ReturnData: boolean; MetricStat?: { Metric: Metric } }[];
}

export const alarmsIn = (resources: Resources): [id: string, Alarm][] =>
  Object.entries(resources)
    .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
    .map(([id, { Properties }]) => [id, Properties as Alarm]);

const observed = (by: string, { Namespace, MetricName, Dimensions = [] }: Metric): Observed => ({
  by,
  namespace: Namespace,
  name: MetricName,
  dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
});

export const observedByAlarms = (resources: Resources): Observed[] =>
  alarmsIn(resources).flatMap(([id, { Metrics, ...alarm }]) =>
    Metrics
      ? Metrics.flatMap(({ MetricStat }) => (MetricStat ? [observed(id, MetricStat.Metric)] : []))
      : [observed(id, alarm as Metric)],
  );

type Entry = [{ expression: string }] | unknown[];
export interface Widget {
  type: 'metric' | 'alarm';
  x: number;
  y: number;
  width: number;
  height: number;
  properties: { title: string; metrics?: Entry[]; alarms?: string[] };
}

/** @returns its widgets, whatever it refers to being left as it stands */
export function widgetsIn(resources: Resources): Widget[] {
  const { DashboardBody } = (resources.Dashboard?.Properties ?? {}) as { DashboardBody?: { 'Fn::Sub': string } };
  return (JSON.parse(DashboardBody?.['Fn::Sub'] ?? '{}') as { widgets: Widget[] }).widgets;
}

const search = /^SEARCH\('\{([^,}]+),([^}]+)\} service="([^"]+)" MetricName="(\w+)"', '\w+', 300\)$/;

/** @throws Error for a search that it does not know how to read */
function ofEntry(title: string, entry: Entry): Observed {
  const [first] = entry;
  if (typeof first === 'string') {
    const [space = '', name = '', ...rest] = (entry as unknown[]).filter((each) => typeof each === 'string');
    const dimensions = Object.fromEntries(rest.flatMap((each, i) => (i % 2 === 0 ? [[each, rest[i + 1]]] : [])));
    return { by: title, namespace: space, name, dimensions };
  }
  const { expression } = first as { expression: string };
  const [, space = '', names = '', service, name = ''] = search.exec(expression) ?? [];
  if (!space) throw new Error(`${title}: ${expression} is not understood`);
  const dimensions = Object.fromEntries(names.split(',').map((each) => [each, each === 'service' ? service : '']));
  return { by: title, namespace: space, name, dimensions };
}

export const observedByWidgets = (resources: Resources): Observed[] =>
  widgetsIn(resources).flatMap(({ properties: { title, metrics = [] } }) =>
    metrics.map((entry) => ofEntry(title, entry)),
  );

/** All series that functions say, as `kindOf` has them. */
export const saidByFunctions = (): string[] =>
  Object.entries(kinds).flatMap(([name, { by }]) =>
    [[], ...by.map((dimension) => [dimension])].map((set) =>
      kindOf({ name, dimensions: Object.fromEntries(['service', ...set].map((each) => [each, ''])) }),
    ),
  );

export const isOurs = (each: Observed): boolean => each.namespace === namespace;
