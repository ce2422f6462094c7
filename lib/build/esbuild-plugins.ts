/** What makes a bundle small and its cold start short. */
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

/** Modules of the SDK that only run for features that DynamoDB does not have, or that are off: 10 % of a bundle. */
const neverUsed: Record<string, string> = {
  '@smithy/core/event-streams': 'export {};',
  '@aws-sdk/endpoint-cache': 'export class EndpointCache {}',
};

export const withoutUnusedFeatures: Plugin = {
  name: 'without-unused-features',
  setup(bundle) {
    bundle.onResolve({ filter: /^@(smithy\/core\/event-streams|aws-sdk\/endpoint-cache)$/ }, ({ path }) => ({
      path,
      namespace: 'never-used',
    }));
    bundle.onLoad({ filter: /.*/, namespace: 'never-used' }, ({ path }) => ({ contents: neverUsed[path] ?? '' }));
  },
};
