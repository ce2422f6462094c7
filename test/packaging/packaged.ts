/** The template that a set of parameters gives. What is in the packages does not matter for it, so nothing is built. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zipSync } from 'fflate';

export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
  DependsOn?: string | string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Condition?: string;
}

export interface Template {
  Parameters?: Record<string, unknown>;
  Conditions?: Record<string, unknown>;
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Value: unknown; Condition?: string }>;
}

/**
 * Runs the framework on serverless.yml as it is, but for the plugin that bundles, and for the check of its syntax, which
 * takes longer than all the rest and which the whole command makes in a test of its own.
 * @param parameters such as `{ eraseAfterDays: '0' }`
 */
export async function packageWith(parameters: Record<string, string> = {}): Promise<Template> {
  const folder = mkdtempSync(join(tmpdir(), 'packaged-'));
  try {
    const yml = readFileSync('serverless.yml', 'utf8');
    const withoutChecks = yml
      .replace(/^plugins:\n(?: {2}- .*\n)+/m, '')
      .replace(/^(configValidationMode:).*$/m, '$1 off');
    writeFileSync(join(folder, 'serverless.yml'), withoutChecks);
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(join(folder, '.build'));
    for (const [artifact] of yml.matchAll(/\.build\/[a-z-]+\.zip/g)) {
      writeFileSync(join(folder, artifact), zipSync({ 'a.mjs': new Uint8Array() }));
    }
    const env = { HOME: folder, PATH: `${join(process.cwd(), 'node_modules/.bin')}:${process.env.PATH}` };
    const given = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`);
    await promisify(execFile)('serverless', ['package', ...given], { cwd: folder, env });
    const file = join(folder, '.serverless/cloudformation-template-update-stack.json');
    return JSON.parse(readFileSync(file, 'utf8')) as Template;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
