/**
 * The README's examples of a deployed owner's API, word by word as they stand there: only the host and the credentials come from
 * the environment. A gateway with TLS, which lets through what is signed as AWS describes it, stands before the real functions.
 */
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LambdaHandler } from '../../../lib/local/http-api.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { type OwnerApi, startOwnerApi } from '../../support/owner-api.ts';
import { isSignedBy } from '../../support/signature.ts';

const [, section = ''] = /\n\*\*Deployed\*\* (.*?)\n## /s.exec(readFileSync('README.md', 'utf8')) ?? [];
const exampleIn = (language: string) =>
  new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(section)?.[1] ?? 'nothing stands there';

const region = 'eu-west-1';
const credentials = { accessKey: 'AKIDEXAMPLE', secret: 'a-secret', sessionToken: 'a-session' };

const hasRun = (file: string, ...args: string[]): boolean => {
  try {
    execFileSync(file, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const missing = [
  ...(hasRun('openssl', 'version') ? [] : ['there is no openssl, which makes the certificate']),
  ...(hasRun('curl', '--aws-sigv4', 'aws:amz', '--version') ? [] : ['there is no curl that knows --aws-sigv4']),
];
if (missing.length > 0) console.warn(`The README's deployed examples are not run: ${missing.join(', ')}`);

/** What IAM does before a function is called. */
const behindIam =
  (handler: LambdaHandler): LambdaHandler =>
  (event, context) => {
    const { rawPath: path, rawQueryString: query, headers, body = '' } = event;
    const request = { method: event.requestContext.http.method, path, query, headers, body };
    if (!isSignedBy(request, credentials, region)) {
      return Promise.resolve({ statusCode: 403, body: '{"message":"Forbidden"}' });
    }
    const authorizer = { iam: { userArn: 'arn:aws:sts::123456789012:assumed-role/ops/ada' } };
    const requestContext = { ...event.requestContext, authorizer } as APIGatewayProxyEventV2['requestContext'];
    return handler({ ...event, requestContext }, context);
  };

/** @returns a server that takes TLS and hands on what is in it */
function withTls(folder: string, port: number): Server {
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...kind, ...names, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
  return createServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, (outside) => {
    const inside = connect(port, '127.0.0.1');
    outside.pipe(inside).pipe(outside);
    for (const socket of [outside, inside]) socket.on('error', () => [outside, inside].map((each) => each.destroy()));
  });
}

describe.skipIf(missing.length > 0)('deployed', () => {
  let folder: string;
  let platform: Instance;
  let functions: OwnerApi;
  let gateway: Server;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ocpi-tokens-'));
    platform = await startInstance({ parties: 'CPO NL LCP, EMSP NL LMS' });
    functions = await startOwnerApi(platform.runtime, behindIam);
    gateway = withTls(folder, Number(new URL(functions.url).port));
    await once(gateway.listen(0, '127.0.0.1'), 'listening');
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'example.ts'), exampleIn('ts'));
    const certificate = join(folder, 'cert.pem');
    env = {
      PATH: process.env.PATH ?? '',
      API: `localhost:${(gateway.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: credentials.accessKey,
      AWS_SECRET_ACCESS_KEY: credentials.secret,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      CURL_CA_BUNDLE: certificate,
      NODE_EXTRA_CA_CERTS: certificate,
    };
  });
  afterAll(async () => {
    gateway.close();
    await functions.stop();
    await platform.stop();
    rmSync(folder, { recursive: true });
  });

  const run = async (file: string, args: string[], changed: Record<string, string> = {}): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(file, args, { cwd: folder, env: { ...env, ...changed } });
    return JSON.parse(stdout) as unknown;
  };
  const byCurl = (changed?: Record<string, string>) => run('bash', ['-euc', exampleIn('sh')], changed);
  const post = (operation: string, input: object, changed?: Record<string, string>) => {
    const call = `post(process.env.API, ${JSON.stringify(operation)}, ${JSON.stringify(input)})`;
    const script = `import { post } from './example.ts'; console.log(JSON.stringify(await ${call}))`;
    return run(process.execPath, ['--input-type=module', '-e', script], changed);
  };

  const token = {
    uid: '04AABBCC',
    type: 'RFID',
    contract_id: 'NL-LMS-C00000042',
    issuer: 'Lumen',
    valid: true,
    whitelist: 'ALLOWED',
  };

  test('the example of the SDK puts a Token, and that of curl gets it', async () => {
    expect(await post('tokens/put', { token })).toMatchObject({ token, outcome: 'created' });
    expect(await byCurl()).toMatchObject({ token });
  });

  test.each([{ AWS_SECRET_ACCESS_KEY: 'another' }, { AWS_SESSION_TOKEN: 'another' }, { AWS_ACCESS_KEY_ID: 'ANOTHER' }])(
    'neither comes through with %j',
    async (changed) => {
      expect(await byCurl(changed)).toEqual({ message: 'Forbidden' });
      expect(await post('tokens/put', { token }, changed)).toEqual({ message: 'Forbidden' });
    },
  );
});
