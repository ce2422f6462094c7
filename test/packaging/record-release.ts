/** `npm run record-release`: remembers what a release deploys, so that no later one replaces or loses it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import { packageWith } from './packaged.ts';
import { recordOf, spellRecord } from './upgrade.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const file = `test/packaging/releases/${version}.json`;

if (existsSync(file)) {
  console.error(`${file} is there. What has been released does not change; if ${version} has not, delete the file.`);
  process.exitCode = 1;
} else {
  const [template, db] = [await packageWith(), await loadAwsServiceSpec()];
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, spellRecord(recordOf(version, template, db)));
  console.log(`${file} is written; commit it with the release.`);
}
