/** What each function may do, and at which routes it is: all of it, so what is not here must not be in serverless.yml. */
import { globSync, readFileSync } from 'node:fs';

const logs = (logGroup: string) => [
  ['logs:CreateLogStream', `${logGroup}.Arn`],
  ['logs:PutLogEvents', `${logGroup}.Arn`],
];
const authentication = [
  ['dynamodb:BatchGetItem', 'Peers.Arn[TOKEN#*,USE#*]'],
  ['dynamodb:GetItem', 'Peers.Arn[TOKEN#*,USE#*]'],
  ['dynamodb:UpdateItem', 'Peers.Arn[USE#*]'],
  ['dynamodb:GetItem', 'Records.Arn[allowance/*]'],
  ['dynamodb:PutItem', 'Records.Arn[allowance/*]'],
];
const on = (table: string, keys: string, ...actions: string[]) =>
  actions.map((action) => [`dynamodb:${action}`, `${table}.Arn[${keys}]`]);
const readingPeer = on('Peers', 'PEER#*,USE#*,CLAIM#*', 'BatchGetItem', 'GetItem');
/** For whom a hub speaks. */
const reach = [...on('Peers', 'CLAIM#*', 'BatchGetItem'), ...on('Records', 'listed/*', 'GetItem')];
const handshake = [
  ...readingPeer,
  ...on('Peers', 'PEER#*,TOKEN#*,CLAIM#*', 'PutItem'),
  ...on('Peers', 'TOKEN#*,CLAIM#*', 'DeleteItem'),
  ...on('Records', 'listed/*', 'PutItem', 'Query', 'DeleteItem'),
  ...on('Records', 'handshakes', 'GetItem', 'PutItem', 'DeleteItem'),
  ['kms:Encrypt', 'SecretsKey.Arn'],
];
/** @param keys what the partition keys begin with: received Tokens, own ones, counters, or the registry */
const onTokens = (keys: string, ...actions: string[]) =>
  actions.map((action) => [`dynamodb:${action}`, `Tokens.Arn[${keys}]`]);
const onIndexes = (action: string, ...indexes: string[]) =>
  indexes.map((index) => [`dynamodb:${action}`, `\${Tokens.Arn}/index/${index}`]);

/** What every function with a storage asks once, to open its connection. */
const lookUp = on('Peers', 'TOKEN#*,USE#*', 'BatchGetItem', 'GetItem');
const findingOwn = [
  ...onTokens('E#*', 'GetItem', 'BatchGetItem', 'Query'),
  ...onIndexes('Query', 'by-uid'), // whose it is, if it is not ours
];
const writingOwn = [
  ...findingOwn,
  ...onTokens('E#*,N#*', 'GetItem', 'PutItem', 'UpdateItem'),
  ...on('Records', 'expir*', 'PutItem'),
];
const changingPeer = [
  ...readingPeer,
  ...on('Peers', 'PEER#*,TOKEN#*,CLAIM#*', 'PutItem'),
  ...on('Peers', 'TOKEN#*,CLAIM#*', 'DeleteItem'),
];
const removingPeer = on('Peers', 'PEER#*,USE#*,TOKEN#*,CLAIM#*', 'DeleteItem');
const forgettingCounts = on('Records', 'allowance/*', 'Query', 'DeleteItem');
const forgettingListed = on('Records', 'listed/*', 'Query', 'DeleteItem');
const secrets = (...actions: string[]) => actions.map((action) => [`kms:${action}`, 'SecretsKey.Arn']);
const forgettingSync = on('Records', 'sync,sync-wishes,refused/*,named/*', 'Query', 'DeleteItem');
const readingSync = on('Records', 'sync,sync-wishes', 'GetItem');
const seeingLanes = [
  ...readingSync,
  ...on('Records', 'refused/*', 'Query'),
  ...onTokens('N#*', 'GetItem'),
  ...onIndexes('Query', 'by-last-updated'),
];
/** The schedule goes on where the operation left off. */
const erasing = [
  ...onTokens('E#*', 'GetItem', 'BatchGetItem', 'Query'),
  ['dynamodb:Scan', 'Peers.Arn'],
  ...onTokens('E#*,N#*', 'GetItem', 'PutItem', 'UpdateItem'),
  ...onTokens('E#*,C#*', 'PutItem', 'DeleteItem'),
  ...on('Records', 'erasures,urgent,sync', 'GetItem', 'Query', 'PutItem'),
  ...on('Records', 'expir*,refused/*,erasures,answers', 'DeleteItem'),
];
const talking = [
  ...changingPeer,
  ...on('Records', 'listed/*', 'PutItem'),
  ...forgettingListed,
  ...secrets('Decrypt', 'Encrypt'),
];

const readingStreamOf = (table: 'Tokens' | 'Peers') =>
  ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map((action) => [
    `dynamodb:${action}`,
    `${table}.StreamArn`,
  ]);
const readingStream = readingStreamOf('Tokens');
const walkingOwn = [
  ...onTokens('N#*,E#*', 'GetItem', 'BatchGetItem'),
  ...onIndexes('Query', 'by-ordinal', 'by-last-updated'),
];
const onQueue = (...actions: string[]) => actions.map((action) => [`sqs:${action}`, 'SyncQueue.Arn']);

/** What the owner's functions may do beyond their log and the look-up. */
const ofOperations: Record<string, string[][]> = {
  'tokens/get': findingOwn,
  'tokens/put': writingOwn,
  'tokens/patch': writingOwn,
  'tokens/import': writingOwn,
  'tokens/block': writingOwn,
  'tokens/unblock': writingOwn,
  'tokens/erase': [...erasing, ...onIndexes('Query', 'by-uid')],
  'tokens/told': [
    ...findingOwn,
    ['dynamodb:Scan', 'Peers.Arn'],
    ...readingSync,
    ...on('Records', 'refused/*', 'GetItem'),
  ],
  'tokens/list': [
    ...onTokens('N#*', 'GetItem'),
    ...onTokens('E#*', 'BatchGetItem'),
    ...onIndexes('Query', 'by-ordinal', 'by-last-updated'),
  ],
  'received/find': onIndexes('Query', 'by-uid'),
  'received/export': [...onIndexes('Query', 'by-arrival'), ...onTokens('R#parties', 'GetItem')],
  'may-charge': [
    ...onIndexes('Query', 'by-uid'),
    ...onTokens('C#*', 'GetItem', 'UpdateItem'),
    ['dynamodb:Scan', 'Peers.Arn'],
    ...reach,
    ...on('Records', 'answers', 'GetItem', 'PutItem'),
    ...secrets('Decrypt'),
  ],
  'peers/list': [['dynamodb:Scan', 'Peers.Arn']],
  'peers/show': readingPeer,
  'peers/invite': [...changingPeer, ['dynamodb:Scan', 'Peers.Arn']],
  'peers/settings': changingPeer,
  'peers/add': [...changingPeer, ['dynamodb:Scan', 'Peers.Arn']],
  'peers/remove': [...readingPeer, ...removingPeer, ...forgettingListed, ...forgettingSync, ...forgettingCounts],
  'peers/sync': [...readingPeer, ['dynamodb:Scan', 'Peers.Arn'], ...seeingLanes],
  'peers/steer': [
    ...readingPeer,
    ...seeingLanes,
    ...on('Records', 'sync-wishes', 'PutItem'),
    ...onQueue('SendMessage'),
  ],
  'peers/register': [
    ...talking,
    ...forgettingSync,
    ...removingPeer,
    ...forgettingCounts,
    ['dynamodb:Scan', 'Peers.Arn'],
  ],
  'peers/rotate': talking,
  'peers/upgrade': talking,
  'peers/unregister': [...talking, ...forgettingSync],
  'doctor/platform': [
    ...onTokens('N#*,E#*', 'GetItem'),
    ...onTokens('E#*', 'BatchGetItem'),
    ...onIndexes('Query', 'by-ordinal'),
    ...on('Records', 'doctor', 'GetItem'),
    ['dynamodb:Scan', 'Peers.Arn'],
    ...readingPeer,
    ...readingSync,
    ...secrets('Decrypt', 'Encrypt'),
  ],
  'doctor/peer': [...readingPeer, ...seeingLanes, ...secrets('Decrypt')],
};

const owners = Object.entries(ofOperations).map(([name, rights]): [string, string[][]] => [
  `functions/operator/${name}.ts`,
  [...logs(`OperatorDash${name.replace(/[/-]/g, 'Dash')}LogGroup`), ...lookUp, ...rights],
]);

/** All that each function may do. What is not here must not be in serverless.yml. */
export const permissions: Record<string, string[][]> = {
  'functions/tokens/get-token.ts': [
    ...logs('GetDashtokenLogGroup'),
    ...authentication,
    ...reach,
    ...onTokens('C#*', 'GetItem', 'Query'),
  ],
  'functions/tokens/put-token.ts': [
    ...logs('PutDashtokenLogGroup'),
    ...authentication,
    ...reach,
    ...onTokens('C#*', 'GetItem', 'Query', 'UpdateItem'),
    ...onTokens('C#*,R#parties', 'PutItem'),
  ],
  'functions/tokens/patch-token.ts': [
    ...logs('PatchDashtokenLogGroup'),
    ...authentication,
    ...reach,
    ...onTokens('C#*', 'GetItem', 'Query', 'UpdateItem'),
  ],
  'functions/tokens/list-tokens.ts': [
    ...logs('ListDashtokensLogGroup'),
    ...authentication,
    ...onTokens('E#*', 'BatchGetItem'),
    ...onTokens('N#*', 'GetItem'),
    ...onIndexes('Query', 'by-ordinal', 'by-last-updated'),
  ],
  'functions/tokens/authorize-token.ts': [
    ...logs('AuthorizeDashtokenLogGroup'),
    ...authentication,
    ...onTokens('E#*', 'GetItem', 'Query'),
  ],
  'functions/versions/list-versions.ts': [...logs('ListDashversionsLogGroup'), ...authentication],
  'functions/versions/get-version.ts': [...logs('GetDashversionLogGroup'), ...authentication],
  'functions/credentials/get-credentials.ts': [
    ...logs('GetDashcredentialsLogGroup'),
    ...authentication,
    ...readingPeer,
  ],
  'functions/credentials/post-credentials.ts': [
    ...logs('PostDashcredentialsLogGroup'),
    ...authentication,
    ...handshake,
  ],
  'functions/credentials/put-credentials.ts': [...logs('PutDashcredentialsLogGroup'), ...authentication, ...handshake],
  'functions/credentials/delete-credentials.ts': [
    ...logs('DeleteDashcredentialsLogGroup'),
    ...authentication,
    ...readingPeer,
    ...on('Peers', 'PEER#*', 'PutItem'),
    ...on('Peers', 'TOKEN#*,CLAIM#*', 'DeleteItem'),
    ...on('Records', 'listed/*', 'Query', 'DeleteItem'),
    ...forgettingSync,
  ],
  'functions/fallback.ts': logs('FallbackLogGroup'),
  'functions/openapi.ts': logs('OpenapiLogGroup'),
  'functions/schedule/publish-expired.ts': [
    ...logs('PublishDashexpiredLogGroup'),
    ...lookUp,
    ...onTokens('E#*', 'GetItem', 'BatchGetItem', 'Query'),
    ...onTokens('E#*,N#*', 'GetItem', 'PutItem', 'UpdateItem'),
    ...on('Records', 'expir*', 'Query', 'DeleteItem'),
  ],
  'functions/schedule/complete-erasures.ts': [...logs('CompleteDasherasuresLogGroup'), ...lookUp, ...erasing],
  'functions/schedule/rotate-credentials.ts': [
    ...logs('RotateDashcredentialsLogGroup'),
    ...lookUp,
    ['dynamodb:Scan', 'Peers.Arn'],
    ...talking,
  ],
  'functions/stream/republish-late.ts': [
    ...logs('RepublishDashlateLogGroup'),
    ...lookUp,
    ...readingStream,
    ...onTokens('E#*', 'GetItem', 'UpdateItem'),
  ],
  'functions/sync/wake-sync.ts': [
    ...logs('WakeDashsyncLogGroup'),
    ...lookUp,
    ...readingStream,
    ...readingStreamOf('Peers'),
    ['dynamodb:Scan', 'Peers.Arn'],
    ...readingPeer,
    ...walkingOwn,
    ...on('Records', 'sync,sync-wishes', 'GetItem', 'Query'),
    ...on('Records', 'urgent', 'GetItem', 'PutItem'),
    ...onQueue('SendMessage'),
  ],
  'functions/sync/sync-peer.ts': [
    ...logs('SyncDashpeerLogGroup'),
    ...lookUp,
    ...readingPeer,
    ...walkingOwn,
    ...onTokens('C#*', 'GetItem', 'BatchGetItem', 'Query', 'UpdateItem'),
    ...onTokens('C#*,R#parties', 'PutItem'),
    ...onIndexes('Query', 'by-arrival'),
    ...on('Records', 'sync,refused/*,named/*', 'GetItem', 'Query', 'PutItem', 'DeleteItem'),
    ...on('Records', 'sync-wishes,urgent,listed/*', 'GetItem'),
    ...secrets('Decrypt'),
    ...onQueue('SendMessage', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes', 'ChangeMessageVisibility'),
  ],
  ...Object.fromEntries(owners),
  'functions/operator/openapi.ts': logs('OperatorDashopenapiLogGroup'),
  'functions/operator/fallback.ts': logs('OperatorDashfallbackLogGroup'),
};

/** In each tree, with and without a slash at the end. */
const inAllTrees = (method: string, path: string): string[] =>
  ['/ocpi', '/ocpi/cpo', '/ocpi/emsp'].flatMap((root) => [
    `${method} ${root}${path}`,
    `${method} ${root}${path}/{path+}`,
  ]);

/** The owner's operations say theirs in their first line, and the contract of the API says it again in a test of its own. */
const ownersRoutes = globSync('functions/operator/**/*.ts')
  .filter((file) => file !== 'functions/operator/fallback.ts')
  .map((file): [string, string[]] => {
    const [, route = ''] = /^\/\/ ((?:GET|POST) \/operator\/[a-z/-]+)/.exec(readFileSync(file, 'utf8')) ?? [];
    return [file, [route]];
  });

export const routes: Record<string, string[]> = {
  'functions/tokens/get-token.ts': ['GET /ocpi/cpo/{version}/tokens/{path+}'],
  'functions/tokens/put-token.ts': ['PUT /ocpi/cpo/{version}/tokens/{path+}'],
  'functions/tokens/patch-token.ts': ['PATCH /ocpi/cpo/{version}/tokens/{path+}'],
  'functions/tokens/list-tokens.ts': ['GET /ocpi/emsp/{version}/tokens', 'GET /ocpi/emsp/{version}/tokens/{path+}'],
  'functions/tokens/authorize-token.ts': ['POST /ocpi/emsp/{version}/tokens/{path+}'],
  'functions/versions/list-versions.ts': inAllTrees('GET', '/versions'),
  'functions/versions/get-version.ts': inAllTrees('GET', '/{version}'),
  'functions/credentials/get-credentials.ts': inAllTrees('GET', '/{version}/credentials'),
  'functions/credentials/post-credentials.ts': inAllTrees('POST', '/{version}/credentials'),
  'functions/credentials/put-credentials.ts': inAllTrees('PUT', '/{version}/credentials'),
  'functions/credentials/delete-credentials.ts': inAllTrees('DELETE', '/{version}/credentials'),
  'functions/fallback.ts': [
    '$default',
    'ANY /ocpi/cpo/{version}/tokens/{path+}',
    'ANY /ocpi/emsp/{version}/tokens',
    'ANY /ocpi/emsp/{version}/tokens/{path+}',
    ...inAllTrees('ANY', '/versions'),
    ...inAllTrees('ANY', '/{version}'),
    ...inAllTrees('ANY', '/{version}/credentials'),
    'ANY /openapi/{version}',
  ],
  'functions/openapi.ts': ['GET /openapi/{version}'],
  // Called by a clock, with a stream or with a queue.
  'functions/schedule/publish-expired.ts': [],
  'functions/schedule/complete-erasures.ts': [],
  'functions/schedule/rotate-credentials.ts': [],
  'functions/stream/republish-late.ts': [],
  'functions/sync/wake-sync.ts': [],
  'functions/sync/sync-peer.ts': [],
  ...Object.fromEntries(ownersRoutes),
  'functions/operator/fallback.ts': [
    'ANY /operator/{path+}',
    ...ownersRoutes.flatMap(([, of]) => of.map((route) => route.replace(/^[A-Z]+/, 'ANY'))),
  ],
};
