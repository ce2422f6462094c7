/** Parameters that no function could start with are refused before anything is deployed. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { problemOfAddress } from '../../lib/build/check-address.ts';
import { problemOf, problemsOf } from '../../lib/build/check-configuration.ts';
import { parseTags } from '../../lib/build/tags.ts';

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

const noDomain = {
  region: 'eu-central-1',
  publicUrl: { 'Fn::If': [] },
  domain: 'none',
  certificateArn: 'none',
  hostedZoneId: 'none',
  defaultAddress: 'open',
};
const certificateArn = 'arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d-0000';
const domain = { ...noDomain, domain: 'ocpi.example.com' };

test.each([
  ['no domain', noDomain],
  ['a certificate that is there', { ...domain, certificateArn }],
  ['one that is made', { ...domain, hostedZoneId: 'Z0123456789' }],
  ['the default address closed', { ...domain, certificateArn, defaultAddress: 'closed' }],
  [
    'the same with something of the company’s own in front',
    { ...noDomain, publicUrl: 'https://ocpi.example.com', defaultAddress: 'closed' },
  ],
])('takes %s', (_, parameters) => {
  expect(problemOfAddress(parameters)).toBeUndefined();
});

test.each([
  [{ domain: 'https://ocpi.example.com' }, 'domain: "https://ocpi.example.com" is no name such as'],
  [{ domain: 'OCPI.example.com' }, 'is no name such as'],
  [{ domain: 'ocpi.example.com.' }, 'is no name such as'],
  [{ domain: 'localhost' }, 'is no name such as'],
  [{ domain: 'ocpi.example.com' }, 'domain: it needs certificateArn, or hostedZoneId'],
  [{ domain: 'ocpi.example.com', hostedZoneId: '/hostedzone/Z1' }, 'hostedZoneId: "/hostedzone/Z1" is not like'],
  [
    { domain: 'ocpi.example.com', certificateArn: 'mine' },
    'certificateArn: "mine" is not like arn:aws:acm:eu-central-1',
  ],
  [
    { domain: 'ocpi.example.com', certificateArn, region: 'eu-west-1' },
    'the certificate is in eu-central-1, and the API in eu-west-1',
  ],
  [{ certificateArn }, 'certificateArn: it is of no use without domain'],
  [{ hostedZoneId: 'Z1' }, 'hostedZoneId: it is of no use without domain'],
  [{ defaultAddress: 'shut' }, 'defaultAddress: "shut" is neither open nor closed'],
  [{ defaultAddress: 'closed' }, 'defaultAddress: it cannot be closed, because there is no other'],
  [
    { defaultAddress: 'closed', publicUrl: 'https://ab12.execute-api.eu-central-1.amazonaws.com' },
    'it cannot be closed while publicUrl names it',
  ],
])('refuses the address %j', (given, problem) => {
  expect(problemOfAddress({ ...noDomain, ...given })).toContain(problem);
});

const others = { tags: '', handshakeConcurrency: 'none', alarmEmail: '', tracing: 'off' };
const problemsWith = (given: object, names = { known: ['parties'], given: ['parties'] }) =>
  problemsOf({ environments: [deployed], parameters: { ...noDomain, ...others, ...given }, names });

test.each([
  {},
  { handshakeConcurrency: '10' },
  { handshakeConcurrency: 1, alarmEmail: 'ops+ocpi@example.com', tracing: 'on' },
])('takes %j', (given) => {
  expect(problemsWith(given)).toEqual([]);
});

test.each([
  [{ handshakeConcurrency: '0' }, 'handshakeConcurrency: "0" is neither none nor a number from 1 on'],
  [{ handshakeConcurrency: 0 }, 'handshakeConcurrency: "0" is neither'],
  [{ handshakeConcurrency: '1.5' }, 'handshakeConcurrency: "1.5" is neither'],
  [{ handshakeConcurrency: 'off' }, 'handshakeConcurrency: "off" is neither'],
  [{ alarmEmail: 'ops' }, 'alarmEmail: "ops" is no address such as ops@example.com'],
  [{ alarmEmail: 'ops@example.com, cto@example.com' }, 'is no address'],
  [{ tracing: 'yes' }, 'tracing: "yes" is neither on nor off'],
])('refuses %j', (given, problem) => {
  expect(problemsWith(given)).toEqual([expect.stringContaining(problem)]);
});

test('refuses a parameter that nobody reads, if it is known which there are', () => {
  expect(problemsWith({}, { known: ['parties'], given: ['partys'] })).toEqual(['there is no parameter partys']);
  expect(problemsWith({}, { known: [], given: ['partys'] })).toEqual([]);
});

test('tags are pairs', () => {
  expect(parseTags('team=charging, cost-centre=4711 a=b')).toEqual({ team: 'charging', 'cost-centre': '4711 a=b' });
  expect(parseTags('')).toEqual({});
});

test.each([
  ['charging', 'tags: "charging" is not like team=charging'],
  ['team=', '"team=" is not like'],
  ['aws:team=a', 'tags: "aws:team" is AWS\'s own'],
  ['team=a;b', 'has signs that it does not take'],
  ['team=a, team=b', 'tags: team is there twice'],
  [Array.from({ length: 50 }, (_, i) => `t${i}=a`).join(), 'there may be 49 at most'],
])('refuses the tags %s', (tags, problem) => {
  expect(() => parseTags(tags)).toThrow(problem);
  expect(problemsWith({ tags })).toEqual([expect.stringContaining(problem)]);
});

test('serverless package ends with what is wrong', async () => {
  const env = { HOME: folder, PATH: `${join(process.cwd(), 'node_modules/.bin')}:${process.env.PATH}` };
  const args = [
    'serverless',
    'package',
    '--package',
    join(folder, 'out'),
    '--param=parties=rubbish',
    '--param=domain=a/b',
    '--param=tracing=yes',
    '--param=handshakeConcurrency=0',
    '--param=partys=CPO NL ABC',
  ];
  const failure = await promisify(execFile)('npx', args, { env }).then(
    () => expect.unreachable(),
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  );
  expect(failure).toContain('This cannot be deployed.');
  expect(failure).toContain('OCPI_PARTIES: "rubbish" is not like "CPO NL LCP"');
  expect(failure).toContain('domain: "a/b" is no name such as ocpi.example.com');
  expect(failure).toContain('tracing: "yes" is neither on nor off');
  expect(failure).toContain('handshakeConcurrency: "0" is neither none nor a number from 1 on');
  expect(failure).toContain('there is no parameter partys');
}, 180_000);
