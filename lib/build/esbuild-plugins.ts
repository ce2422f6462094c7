/** What makes a bundle small and its cold start short. */
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

const builtinNames = new Set(builtinModules);

/**
 * Reaches Node's own modules through `process.getBuiltinModule`. An ESM import of `node:http` makes Node evaluate
 * everything the module can export, which costs 20 ms at every cold start.
 */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(bundle) {
    bundle.onResolve({ filter: /.*/ }, ({ path, namespace }) => {
      const name = path.replace(/^node:/, '');
      return builtinNames.has(name) && namespace !== 'builtin' ? { path: name, namespace: 'builtin' } : undefined;
    });
    bundle.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}');`,
    }));
  },
};

/**
 * Leaves only the environment as a source of AWS credentials, which is where Lambda puts them. The clients for all the
 * other sources are 40 % of the SDK.
 */
export const environmentCredentials: Plugin = {
  name: 'environment-credentials',
  setup(bundle) {
    bundle.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ path }) => ({
      path,
      namespace: 'credentials',
    }));
    bundle.onLoad({ filter: /.*/, namespace: 'credentials' }, () => ({
      contents: `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`,
      resolveDir: import.meta.dirname,
    }));
  },
};

/** Modules of the SDK that only run for features that DynamoDB does not have, or that are off: a seventh of a bundle. */
const neverUsed: Record<string, string> = {
  '@smithy/core/event-streams': 'export {};',
  '@aws-sdk/endpoint-cache': 'export class EndpointCache {}',
};

const smithy = '@smithy/core/dist-es/submodules/';

/** The same of files that other files of their package import, by the end of their path. */
const neverUsedFiles: Record<string, string> = {
  // Node on Lambda has its own crypto.
  [`${smithy}checksum/sha256/Sha256Js.js`]: 'export class Sha256Js {}',
  // The retries are the standard ones; whoever sets AWS_RETRY_MODE otherwise has to hear of it.
  [`${smithy}retry/util-retry/AdaptiveRetryStrategy.js`]: `
    export class AdaptiveRetryStrategy {
      constructor() { throw new Error('AWS_RETRY_MODE: there is only standard'); }
    }`,
  // Lambda says the region in the environment.
  [`${smithy}config/config-resolver/regionConfig/getInstanceMetadataRegion.js`]:
    'export const getInstanceMetadataRegion = async () => undefined;',
  [`${smithy}endpoints/middleware-endpoint/service-customizations/s3.js`]: `
    const none = undefined;
    export { none as DOT_PATTERN, none as S3_HOSTNAME_PATTERN, none as isArnBucketName,
      none as isDnsCompatibleBucketName, none as resolveParamsForS3 };`,
};

/** Errors of what no function of ours asks for: backups, tables, copies in other regions. Should one come, it keeps its name. */
const errorsOfOthers =
  /^n0_registry\.registerError\((Backup|Continuous|Duplicate|Export|GlobalTable|Import|Index|InvalidExport|InvalidRestore|Limit|PointInTime|Policy|Replica(?!ted)|Table)\w*\$, \w+\);$/gm;

const endsOf = (paths: string[]): RegExp =>
  new RegExp(`(${paths.map((path) => path.replaceAll('.', '\\.')).join('|')})$`);

export const withoutUnusedFeatures: Plugin = {
  name: 'without-unused-features',
  setup(bundle) {
    bundle.onResolve({ filter: /^@(smithy\/core\/event-streams|aws-sdk\/endpoint-cache)$/ }, ({ path }) => ({
      path,
      namespace: 'never-used',
    }));
    bundle.onLoad({ filter: /.*/, namespace: 'never-used' }, ({ path }) => ({ contents: neverUsed[path] ?? '' }));

    bundle.onLoad({ filter: endsOf(Object.keys(neverUsedFiles)) }, ({ path }) => ({
      contents: Object.entries(neverUsedFiles).find(([end]) => path.endsWith(end))?.[1] ?? '',
    }));
    bundle.onLoad({ filter: /@aws-sdk\/client-dynamodb\/dist-es\/schemas\/schemas_0\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(errorsOfOthers, ''),
    }));
    // Of all that stands in it a client says its version in a header.
    bundle.onLoad({ filter: /@aws-sdk\/client-[\w-]+\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};
