/** What runs here and is deployed: this project as it is, or a company's service, whose serverless.yml says what differs. */
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Deployment,
  deploymentOf,
  type LambdaFunction,
  parseYml,
  type ServerlessYml,
  serverlessYml,
} from './serverless-yml.ts';

export interface Service {
  /** Where it is deployed from. */
  folder: string;
  deployment: Deployment;
  /** The module that opens the storage and may decide: `BackendModule` of lib/runtime/backend.ts. */
  backend: string;
  /** Whether that is one of the company's own. */
  isSwapped: boolean;
}

type Json = Record<string, unknown>;

/** Of this project: the repository, or what npm pack has made of it. */
const root = fileURLToPath(new URL('../../', import.meta.url));
/** TypeScript in the repository, JavaScript in the package: Node reads no types below node_modules. */
const extension = extname(import.meta.filename);
const ownBackend = join(root, `lib/runtime/backend${extension}`);

/** The service of a folder; ours if it has no serverless.yml. @throws Error that says what to write into it */
export function openService(folder: string): Service {
  const file = join(folder, 'serverless.yml');
  if (!existsSync(file) || resolve(file) === serverlessYml) {
    const ours = parseYml(readFileSync(serverlessYml, 'utf8')) as ServerlessYml;
    return { folder: root, deployment: deploymentOf(ours), backend: ownBackend, isSwapped: false };
  }
  const own = readOwn(folder);
  const { plugins } = own;
  if (!Array.isArray(plugins) || !plugins.includes('ocpi-tokens/serverless')) {
    throw new Error(`${file} should have the plugin ocpi-tokens/serverless`);
  }
  const backend = settingsOf(own).backend;
  return {
    folder,
    deployment: deploymentOf(composed(own) as unknown as ServerlessYml),
    backend: backend === undefined ? ownBackend : existing(join(folder, backend), file),
    isSwapped: backend !== undefined,
  };
}

/** What a company's file says, its variables as they stand there. */
export const readOwn = (folder: string): Json => parseYml(readFileSync(join(folder, 'serverless.yml'), 'utf8')) as Json;

function existing(path: string, namedBy: string): string {
  if (!existsSync(path)) throw new Error(`There is no ${path}, which custom.ocpiTokens.backend of ${namedBy} names`);
  return path;
}

/** The file of a function: the service's own, if it has one at that place, else ours. */
export function sourceOf({ folder }: Service, { file }: Pick<LambdaFunction, 'file'>): string {
  const own = ['.ts', '.mts', '.js', '.mjs'].map((each) => join(folder, file.replace(/\.ts$/, each))).find(existsSync);
  return own ?? join(root, file.replace(/\.ts$/, extension));
}

/** What a company says of us, in `custom.ocpiTokens` of its serverless.yml. */
interface Settings {
  /** A module of its own, relative to the service. */
  backend?: string;
  /** Managed policies for the role of each function of ours: what its backend needs. */
  policies?: unknown[];
}

const settingsOf = ({ custom }: Json): Settings => ((custom as Json | undefined)?.ocpiTokens ?? {}) as Settings;

/** What a service may say of its own; all else of ours is about this repository. */
const sections = ['params', 'provider', 'functions', 'custom', 'resources'] as const;

/**
 * Our serverless.yml with what a company's adds to it and what it says otherwise: maps are laid over each other, anything else is
 * replaced.
 * @param own the company's, its variables as they are
 */
export function composed(own: Json): Record<(typeof sections)[number], Json> {
  const ours = parseYml(readFileSync(serverlessYml, 'utf8')) as Json;
  const laid = Object.fromEntries(sections.map((name) => [name, laidOver(ours[name] as Json, mapOf(name, own[name]))]));
  const { params = {}, provider = {}, functions = {}, custom = {}, resources = {} } = laid;
  return {
    params,
    provider,
    functions: mapValues(functions, withArtifact),
    custom,
    resources: withPolicies(resources, Object.keys(resourcesOf(ours)), settingsOf(own).policies ?? []),
  };
}

/** The framework also takes a list of maps. */
function mapOf(name: string, value: unknown): Json {
  const maps = (Array.isArray(value) ? value : [value ?? {}]) as unknown[];
  if (!maps.every(isMap)) throw new Error(`${name} in serverless.yml should be written out there`);
  return maps.reduce(laidOver, {});
}

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const laidOver = (lower: Json, upper: Json): Json => ({
  ...lower,
  ...mapValues(upper, (value, name) => {
    const below = lower[name];
    return isMap(value) && isMap(below) && !isIntrinsic(value) ? laidOver(below, value) : value;
  }),
});

/** A value in CloudFormation's words, such as `{ Ref: Tokens }`, is one thing. */
const isIntrinsic = (value: Json): boolean => {
  const [name = '', ...more] = Object.keys(value);
  return more.length === 0 && (name === 'Ref' || name.startsWith('Fn::'));
};

const mapValues = (map: Json, change: (value: unknown, name: string) => unknown): Json =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value, name)]));

/** Whatever brings no code of its own gets the bundle that we build of it. */
const withArtifact = (declared: unknown, name: string): unknown =>
  laidOver({ package: { artifact: `.build/${name}.zip` } }, declared as Json);

const resourcesOf = ({ resources }: Json): Json => (resources as { Resources: Json }).Resources;

function withPolicies(resources: Json, names: readonly string[], policies: readonly unknown[]): Json {
  if (policies.length === 0) return resources;
  const attach = (resource: unknown, name: string): unknown => {
    if (!isMap(resource) || resource.Type !== 'AWS::IAM::Role' || !names.includes(name)) return resource;
    const { ManagedPolicyArns: before = [] } = resource.Properties as { ManagedPolicyArns?: unknown[] };
    return laidOver(resource, { Properties: { ManagedPolicyArns: [...before, ...policies] } });
  };
  return { ...resources, Resources: mapValues(resourcesOf({ resources }), attach) };
}
