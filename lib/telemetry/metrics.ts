/**
 * What is counted and measured, in CloudWatch's embedded format: a line that CloudWatch makes metrics of. Each name with each value of
 * a dimension costs by the month (docs/operating.md), so there are few, and no more than a fixed number of peers is told apart.
 */
import { Metrics as Embedded } from '@aws-lambda-powertools/metrics';

/** One word, because a search for metrics takes nothing else without quotes. */
export const namespace = 'OcpiTokens';

/** By what a metric is told apart, beside the deployment, by which each is. Each dimension is one by itself, and none of two together. */
type Dimension = 'endpoint' | 'peer' | 'source';

interface Kind {
  unit: 'Count' | 'None';
  by: readonly Dimension[];
}

const requests = { unit: 'Count', by: ['endpoint', 'peer'] } as const satisfies Kind;
const lanes = { unit: 'None', by: ['peer'] } as const satisfies Kind;

/** Of push and pull, as each minute's look finds them. */
const ofPeers = {
  /** How long the oldest thing to do has waited, in units of what the settings of the peer allow: more than 1 is late. */
  PushLag: lanes,
  PullLag: lanes,
  /** 1 while the peer fails. */
  PushFailing: lanes,
  PullFailing: lanes,
  /** How many of our Tokens the peer refuses; how many objects of its last list could not be taken. */
  PushRefused: lanes,
  PullRefused: lanes,
  /** Tokens that the peer needs, and that end soon. */
  TokensEnding: { unit: 'Count', by: ['peer'] },
} as const satisfies Record<string, Kind>;

/** All that there are. Those that are rare are not said where there is nothing to say: what is not said costs nothing. */
export const kinds = {
  /** Of partners, and of the owner. */
  Requests: requests,
  /** Those that had no success, for a reason that is not ours: 2xxx mostly. */
  Refusals: requests,
  /** Of ours: requests answered with 3xxx, and whatever else went wrong. Each has its line in the log, at level error. */
  Failures: requests,
  /** Calls that ended with less than two seconds of the function's time left. */
  NearTimeouts: { unit: 'Count', by: ['endpoint'] },
  /** To chargers, by who decided: `copy`, `asked`, `offline`, `none`. */
  Answers: { unit: 'Count', by: ['source'] },
  ...ofPeers,
} as const satisfies Record<string, Kind>;

export type MetricName = keyof typeof kinds;
export type PeerMetric = keyof typeof ofPeers;
type DimensionOf<Name extends MetricName> = (typeof kinds)[Name]['by'][number];

export type Values<Name extends MetricName> = Partial<Record<Name, number>>;

export interface Metrics {
  /** Which function this is; all of the owner's are one. */
  endpoint: string;
  /**
   * Says values that all have the same dimensions: for each of these alone, and for the whole deployment. One of undefined is left out.
   */
  say<Name extends MetricName>(
    values: Values<Name>,
    dimensions?: Partial<Record<DimensionOf<Name>, string | undefined>>,
  ): void;
}

export interface MetricsOptions {
  /** The deployment, such as `ocpi-tokens-prod`. */
  service: string;
  /** Such as `put-token`. */
  functionName: string;
  write?: (line: string) => void;
}

export function createMetrics({
  service,
  functionName,
  write = (line) => process.stdout.write(line),
}: MetricsOptions): Metrics {
  const embedded = new Embedded({ namespace, serviceName: service });

  return {
    endpoint: functionName.startsWith('operator-') ? 'operator' : functionName,
    say(values, dimensions = {}) {
      for (const [name, value] of Object.entries(values) as [MetricName, number][]) {
        embedded.addMetric(name, kinds[name].unit, value);
      }
      embedded.addDimensions({});
      for (const [name, value] of Object.entries(dimensions) as [Dimension, string | undefined][]) {
        if (value !== undefined) embedded.addDimensions({ [name]: value });
      }
      write(`${JSON.stringify(embedded.serializeMetrics())}\n`);
      embedded.clearMetrics();
      embedded.clearDimensions();
    },
  };
}
