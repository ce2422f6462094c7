/** At which routes each function is: all of them, so what is not here must not be in serverless.yml. */
import { globSync, readFileSync } from 'node:fs';

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
