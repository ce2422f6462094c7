/**
 * What AWS charges, in US dollars. List prices of us-east-1 as they were known in November 2026, without any free tier: to be
 * checked against the price pages of one's own region.
 */
export const prices = {
  date: '2026-11-22',
  region: 'us-east-1',
  dynamodb: {
    /** On-demand, standard table class. */
    perMillionReadUnits: 0.125,
    perMillionWriteUnits: 0.625,
  },
  lambda: {
    /** arm64 */
    perGigabyteSecond: 0.000_013_333_4,
    perMillionRequests: 0.2,
  },
  httpApi: {
    /** The first 300 million of a month; each 512 KB of a request or an answer count as one. */
    perMillionRequests: 1,
    meteredBytes: 512 * 1024,
  },
  /** SQS, FIFO. */
  perMillionFifoRequests: 0.5,
  /** To the internet, the first 10 TB of a month. */
  perGigabyteOut: 0.09,
  /** CloudWatch, standard class. */
  perGigabyteLogged: 0.5,
  /** A month of each; of metrics the first 10 000, of alarms each metric that one looks at. Three dashboards are free. */
  cloudwatch: { perMetric: 0.3, perAlarmMetric: 0.1, perDashboard: 3 },
} as const;

/** What the bill of a function depends on beside what is measured here. */
export const assumptions = {
  /** As in serverless.yml. */
  memoryGigabytes: 1,
  /** Of the functions that sync. */
  syncMemoryGigabytes: 0.5,
  /** Of the speed of this machine, at that memory: Lambda gives a whole vCPU from 1769 MB on. */
  cpuShare: 1024 / 1769,
  /** Of a DynamoDB request in the same region, in milliseconds. */
  dynamodbRoundTrip: 4,
  /** What Lambda itself writes for each call, START, END and REPORT, in bytes. */
  lambdaLogBytes: 350,
} as const;
