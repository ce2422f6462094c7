/** Parameters that no function could start with are refused before anything is deployed. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { problemOf } from '../../lib/build/check-configuration.ts';

const folder = mkdtempSync(join(tmpdir(), 'parameters-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const deployed = {
  TOKENS_TABLE: { Ref: 'Tokens' },
  PEERS_TABLE: { Ref: 'Peers' },
  RECORDS_TABLE: { Ref: 'Records' },
  PUBLIC_URL: { 'Fn::GetAtt': ['HttpApi', 'ApiEndpoint'] },
  OCPI_PARTIES: 'CPO NL ABC, EMSP NL ABC',
  PAGE_SIZE_DEFAULT: 100,
  PAGE_SIZE_MAX: 1000,
  BUSINESS_WEBSITE: '',
};

test('what only CloudFormation knows is taken as it comes', () => {
  expect(problemOf(deployed)).toBeUndefined();
  expect(problemOf({ ...deployed, PUBLIC_URL: 'https://ocpi.example.com' })).toBeUndefined();
});

test.each([
  ['OCPI_PARTIES', 'rubbish', '"rubbish" is not like "CPO NL LCP"'],
  ['OCPI_PARTIES', '', 'OCPI_PARTIES: is missing'],
  ['PUBLIC_URL', 'https://ocpi.example.com/', '"https://ocpi.example.com/" ends in a slash'],
  ['PUBLIC_URL', 'ocpi.example.com', 'is not an absolute http(s) URL'],
  ['PAGE_SIZE_MAX', 9000, '9000 is more than 2000'],
  ['PAGE_SIZE_DEFAULT', 1500, 'is greater than PAGE_SIZE_MAX'],
  ['ROTATION_GRACE_HOURS', -3, '"-3" is not a positive number'],
  ['LOG_LEVEL', 'loud', '"loud" is not one of debug, info'],
])('refuses %s=%s', (name, value, problem) => {
  expect(problemOf({ ...deployed, [name]: value })).toContain(problem);
});

test('serverless package ends with what is wrong', async () => {
  const env = { HOME: folder, PATH: `${join(process.cwd(), 'node_modules/.bin')}:${process.env.PATH}` };
  const args = ['serverless', 'package', '--package', join(folder, 'out'), '--param=parties=rubbish'];
  const failure = await promisify(execFile)('npx', args, { env }).then(
    () => expect.unreachable(),
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  );
  expect(failure).toContain('No function could start with these parameters.');
  expect(failure).toContain('OCPI_PARTIES: "rubbish" is not like "CPO NL LCP"');
}, 180_000);
