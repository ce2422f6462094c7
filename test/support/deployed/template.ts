/** What the packaged template says of the functions, in the form in which the proof uses it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Resource, Template } from '../../packaging/packaged.ts';
import type { DeployedFunction } from './lambda.ts';
import { decided, type References, resolve } from './resolve.ts';

export const root = join(import.meta.dirname, '../../..');
/** Where the template lies that test/support/deployed/setup.ts has packaged. */
export const packaged = join(root, 'node_modules/.cache/ocpi-tokens/template.json');

export const readTemplate = (): Template => decided(JSON.parse(readFileSync(packaged, 'utf8')) as Template);

interface FunctionProperties {
  Handler: string;
  Timeout: number;
  MemorySize: number;
  Code: { S3Key: string };
  Environment?: { Variables: Record<string, unknown> };
  Role: { 'Fn::GetAtt': [string, string] };
}

export interface Statement {
  Effect: string;
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, unknown>>;
}

export const ofType = ({ Resources }: Template, type: string): [id: string, properties: Resource['Properties']][] =>
  Object.entries(Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties }]) => [id, Properties]);

const nameIn = ({ Code }: FunctionProperties): string => Code.S3Key.replace(/^.*\/|\.zip$/g, '');

const functionsIn = (template: Template): [name: string, FunctionProperties][] =>
  ofType(template, 'AWS::Lambda::Function').map(([, properties]) => {
    const found = properties as unknown as FunctionProperties;
    return [nameIn(found), found];
  });

/** @param id the logical id of a function */
export const nameOfFunction = ({ Resources }: Template, id: string): string =>
  nameIn(Resources[id]?.Properties as unknown as FunctionProperties);

/**
 * @param references what stands here for the resources of the template
 * @returns every function as it would be deployed
 */
export const deployedFunctions = (template: Template, references: References): DeployedFunction[] =>
  functionsIn(template).map(([name, { Handler, Timeout, MemorySize, Environment }]) => ({
    name,
    handler: Handler,
    zip: join(root, '.build', `${name}.zip`),
    timeoutSeconds: Timeout,
    memoryMegabytes: MemorySize,
    environment: resolve(Environment?.Variables ?? {}, references) as Record<string, string>,
  }));

const services: Record<string, string> = {
  'AWS::DynamoDB::Table': 'dynamodb',
  'AWS::SQS::Queue': 'sqs',
  'AWS::KMS::Key': 'kms',
  'AWS::Logs::LogGroup': 'logs',
};

const names: Record<string, (id: string) => string> = {
  dynamodb: (id) => `table/${id}`,
  sqs: (id) => id,
  kms: (id) => `key/${id}`,
  logs: (id) => `log-group:${id}:*`,
};

export const region = 'eu-central-1';
export const account = '000000000000';

/** The ARN that a resource of the template would have, if it had been given its logical id as a name. */
export function arnOf({ Resources }: Template, id: string): string | undefined {
  const service = services[Resources[id]?.Type ?? ''];
  const name = names[service ?? ''];
  return name && `arn:aws:${service}:${region}:${account}:${name(id)}`;
}

const arnsOf =
  (template: Template): References =>
  (name) => {
    const [id = '', attribute] = name.split('.');
    const arn = arnOf(template, id);
    if (attribute === 'StreamArn') return `${arn}/stream/2026-01-01T00:00:00.000`;
    return attribute === 'Arn'
      ? arn
      : { 'AWS::Partition': 'aws', 'AWS::AccountId': account, 'AWS::Region': region }[name];
  };

/** @returns the policy of a key */
export const policyOf = (template: Template, id: string): unknown =>
  resolve(template.Resources[id]?.Properties?.KeyPolicy, arnsOf(template));

/** @returns what each function may do, by its name */
export function grants(template: Template): Map<string, Statement[]> {
  const references = arnsOf(template);
  return new Map(
    functionsIn(template).map(([name, { Role }]) => {
      const role = template.Resources[Role['Fn::GetAtt'][0]]?.Properties as {
        Policies: { PolicyDocument: { Statement: unknown[] } }[];
      };
      const statements = role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
      return [name, (resolve(statements, references) as Statement[]).map(flat)];
    }),
  );
}

const flat = (statement: Statement): Statement => ({
  ...statement,
  Action: [statement.Action].flat(),
  Resource: [statement.Resource].flat(),
});
