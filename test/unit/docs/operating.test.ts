/** docs/operating.md, "What it says": its tables are those of the code, its queries name fields that there are, and its sums are right. */
import { readFileSync } from 'node:fs';
import type { Context } from 'aws-lambda';
import { expect, test } from 'vitest';
import { endpoint as openapi } from '../../../functions/operator/openapi.ts';
import { endpoint as getToken } from '../../../functions/tokens/get-token.ts';
import { createPeerClient } from '../../../lib/client/ask-peer.ts';
import { readServerlessYml } from '../../../lib/local/serverless-yml.ts';
import { auditWritten } from '../../../lib/operator/tokens/own-token.ts';
import { mostMeasured } from '../../../lib/peers/measured.ts';
import { sendToken } from '../../../lib/sync/push/send-token.ts';
import { changed } from '../../../lib/telemetry/events.ts';
import { createLog } from '../../../lib/telemetry/log.ts';
import { createMetrics, kinds, type MetricName } from '../../../lib/telemetry/metrics.ts';
import { wires } from '../../../lib/wire/registry.ts';
import { prices } from '../../bench/prices.ts';
import { peer, token } from '../../support/builders.ts';
import { emspToken, event, testRuntime } from '../../support/runtime.ts';

const document = readFileSync('docs/operating.md', 'utf8');
const readme = readFileSync('README.md', 'utf8');
const template = readFileSync('serverless.yml', 'utf8');
const code = readFileSync('lib/telemetry/events.ts', 'utf8');

const sectionOf = (title: string) => document.split(`### ${title}\n`)[1]?.split('\n### ')[0] ?? '';
const rowsOf = (title: string) =>
  [...sectionOf(title).matchAll(/^\| (.+) \|$/gm)].map(([, row = '']) => row.split(' | ')).slice(2);
const quoted = (text = '') => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

const lines = rowsOf('Lines of the log').map(([message, level, , fields]) => ({
  message: quoted(message)[0] ?? '',
  levels: level?.split(', ') ?? [],
  fields: quoted(fields),
}));
const always = ['level', 'time', 'message'];

test('every line that is ever logged is in the table with its level, and no other', () => {
  const found = [...code.matchAll(/(?:log\.(info|warn|error)|(failed))\((?:log, )?'([^']+)'/g)].map(
    ([, level, , message = '']) => `${level ?? 'error'}: ${message.replaceAll("\\'", "'")}`,
  );
  expect(found.length).toBeGreaterThan(20);
  const listed = lines.flatMap(({ message, levels }) => levels.map((level) => `${level}: ${message}`));
  expect([...new Set(found)].sort()).toEqual(listed.sort());
});

/** The fields of real lines, by message. */
async function fieldsOfRealLines(): Promise<Map<string, Set<string>>> {
  const runtime = await testRuntime();
  const { backend, now, newId, config, logged } = runtime;
  const context = {} as Context;
  const gone = { ...backend, tokens: { ...backend.tokens, get: () => Promise.reject(new Error('no table')) } };
  for (const each of [runtime, { ...runtime, backend: gone }]) {
    await getToken(each)(event({ routeKey: 'GET /', path: 'DE/DMS/A', token: emspToken }), context);
  }
  const iam = { requestContext: { authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:user/ada' } } } };
  for (const who of [iam, {}]) {
    await openapi(runtime)({ ...event({ routeKey: 'GET /' }), ...who } as never, context);
  }

  const log = createLog('info', now, (line) => logged.push(line));
  const after = { data: token(), revision: '1', settings: {} };
  const about = { operation: 'tokens/block', by: 'ada', session: 'a', correlationId: 'b' };
  auditWritten((change) => changed(log, { ...about, ...change }), { before: after, after });
  changed(log, { ...about, what: 'peer', peer: 'acme' });

  const answers = [{ status_code: 1000 }, { status_code: 2000 }];
  const client = createPeerClient({
    policy: 'public',
    log,
    now,
    newId,
    httpSend: async () => ({ http: 200, headers: {}, body: Buffer.from(JSON.stringify(answers.shift())) }),
  });
  const connection = {
    id: 'acme',
    credentialsToken: 'a',
    authorizationEncoding: 'raw',
    sendRoutingHeaders: true,
  } as const;
  const ask = (more: object) =>
    client
      .ask({
        peer: connection,
        module: { kind: 'configuration', module_id: 'versions' },
        method: 'GET',
        url: 'https://acme.example/versions',
        timeoutMs: 9,
        ...more,
      })
      .catch(() => undefined as never);
  const line = { peer: peer(), url: 'https://acme.example/tokens', wire: wires['2.3.0'], ask };
  await sendToken(line, token(), now());
  await ask({});
  expect(config.logLevel).toBe('info');

  const fields = new Map<string, Set<string>>();
  for (const each of logged.map((text) => JSON.parse(text) as Record<string, unknown>)) {
    const known = fields.get(String(each.message)) ?? new Set();
    for (const name of Object.keys(each)) if (!always.includes(name)) known.add(name);
    fields.set(String(each.message), known);
  }
  return fields;
}

test('the fields of requests, ours too, and of the audit are those of real lines', async () => {
  const real = await fieldsOfRealLines();
  const listed = new Map(lines.map(({ message, fields }) => [message, fields]));
  const ofRequests = [...(listed.get('request') ?? [])];
  expect(
    [...(real.get('request') ?? []), ...(real.get('request failed') ?? [])].filter(
      (name) => !ofRequests.includes(name),
    ),
  ).toEqual(['error']);
  for (const message of ['request', 'peer request', 'changed']) {
    const [found, said] = [[...(real.get(message) ?? [])], listed.get(message) ?? []];
    expect(
      found.filter((name) => !said.includes(name)),
      message,
    ).toEqual([]);
    // What the fields of the listing are is shown by some line.
    expect(
      said.filter((name) => !found.includes(name)),
      message,
    ).toEqual([]);
  }
});

test('the fields of the other lines are those that the code names', () => {
  for (const { message, fields } of lines) {
    const at = code.indexOf(`'${message.replaceAll("'", "\\'")}'`);
    const [, literal = ''] = /^'[^\n]*?, \{ ([^}]+) \}/.exec(code.slice(at)) ?? [];
    const named = literal
      .split(', ')
      .filter(Boolean)
      .map((name) => name.trim());
    if (named.length === 0 || named.some((name) => name.startsWith('...'))) continue;
    expect(
      fields.filter((name) => name !== 'correlationId'),
      message,
    ).toEqual(named);
  }
});

test('there are five queries, and what they name is in the lines', () => {
  const queries = [...sectionOf('Five queries').matchAll(/```\n(.*?)```/gs)].map(([, text = '']) => text);
  expect(queries).toHaveLength(5);
  const known = new Set([...always, ...lines.flatMap(({ fields }) => fields), '@timestamp', 'error.stack']);
  const words = /^(fields|filter|stats|sort|limit|as|by|and|or|desc|count|avg|pct|sum)$/;
  for (const query of queries) {
    const made = [...query.matchAll(/ as (\w+)/g)].map(([, name = '']) => name);
    const named = query.replaceAll(/"[^"]*"/g, '').match(/@?[a-zA-Z_]+(?:\.\w+)*/g) ?? [];
    expect(
      named.filter((name) => !words.test(name) && !known.has(name) && !made.includes(name)),
      query,
    ).toEqual([]);
  }
  const messages = queries.flatMap((query) => [...query.matchAll(/message = "([^"]+)"/g)].map(([, name]) => name));
  expect(messages.filter((name) => !lines.some(({ message }) => message === name))).toEqual([]);
});

test('every metric is in the table, by what it is told apart', () => {
  const listed = rowsOf('Metrics').flatMap(([names, by]) =>
    quoted(names).map((name) => `${name}: ${quoted(by).join()}`),
  );
  expect(listed.sort()).toEqual(
    Object.entries(kinds)
      .map(([name, { by }]) => `${name}: ${by.join()}`)
      .sort(),
  );
  expect(document).toContain(`**By peer** ${mostMeasured} are told apart`);
});

const { functions } = readServerlessYml();
const ofPartners = functions.filter(({ name, routes }) => routes.length > 0 && !name.startsWith('operator-')).length;
const inBackground = functions.filter(({ routes }) => routes.length === 0).length;
const sources = 4;

/** How many series a metric has, one for the whole deployment among them. */
function seriesOf(name: MetricName, partners: number): number {
  const named = Math.min(partners, mostMeasured) + (partners > mostMeasured ? 1 : 0);
  const works = name === 'Failures' || name === 'NearTimeouts' ? inBackground : 0;
  const by = { endpoint: ofPartners + 1 + works, peer: named, source: sources };
  return 1 + kinds[name].by.reduce((sum, dimension) => sum + by[dimension], 0);
}

const steady: MetricName[] = ['Requests', 'PushLag', 'PullLag', 'Answers'];
const sumOf = (names: readonly MetricName[], partners: number) =>
  names.reduce((sum, name) => sum + seriesOf(name, partners), 0);
const dollars = (amount: number) => `$${amount.toFixed(2)}`;

test('what it costs is what the prices make of it', () => {
  const { cloudwatch, perGigabyteLogged } = prices;
  const sizes: number[] = [];
  const write = (text: string) => void sizes.push(Buffer.byteLength(text));
  const metrics = createMetrics({ service: 'ocpi-tokens-prod', functionName: 'put-token', write });
  metrics.say({ Requests: 1 }, { endpoint: 'put-token', peer: 'acme' });
  metrics.say({ PushLag: 0, PullLag: 0 }, { peer: 'acme' });
  const [ofRequest = 0, ofPeer = 0] = sizes;
  const minutes = 30 * 24 * 60;
  const logged = (bytes: number) => dollars((bytes / 1e9) * perGigabyteLogged);
  const metricsRow = (names: readonly MetricName[]) =>
    [5, 100].map((partners) => {
      const series = sumOf(names, partners);
      return `${series}: ${dollars(series * cloudwatch.perMetric)}`;
    });
  const watched = [...template.matchAll(/\bMetricName: /g)].length;
  const alarms = [...template.matchAll(/Type: AWS::CloudWatch::Alarm\b/g)].length;
  expect(document).toContain(`| ${alarms} alarms on ${watched} metrics |`);
  const alarmed = dollars(watched * cloudwatch.perAlarmMetric);
  expect(rowsOf('What that costs').map(([, ...sums]) => sums)).toEqual([
    metricsRow(steady),
    metricsRow(Object.keys(kinds) as MetricName[]),
    [alarmed, alarmed],
    [dollars(cloudwatch.perDashboard), dollars(cloudwatch.perDashboard)],
    [5, 100].map((partners) => logged(Math.min(partners, mostMeasured + 1) * minutes * ofPeer)),
    [logged(1e6 * ofRequest), logged(1e6 * ofRequest)],
  ]);
  const [few, many] = [5, 100].map((partners) => {
    const series = sumOf(steady, partners) * cloudwatch.perMetric;
    return `$${Math.round(series + watched * cloudwatch.perAlarmMetric + cloudwatch.perDashboard)}`;
  });
  expect(readme).toContain(`about ${few} with 5 partners and ${many} with 100`);
});
