/** Checks the parameters and builds the bundles whenever the framework packages, so that `serverless deploy` alone is enough. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const isCompiled = existsSync(here('bundle.js'));

// Processes of their own: the framework may run on another Node than this project's, one that cannot read TypeScript.
const run = (script, folder, options) =>
  isCompiled
    ? spawnSync(process.execPath, [here(`${script}.js`)], { cwd: folder, ...options })
    : spawnSync('npm', ['run', '--silent', script === 'bundle' ? 'build' : script], { cwd: root, ...options });

function check({ provider, functions }, folder) {
  const environments = Object.values(functions).map(({ environment }) => ({ ...provider.environment, ...environment }));
  const { status, stderr } = run('check-configuration', folder, { input: JSON.stringify(environments) });
  if (status !== 0) throw new Error(`No function could start with these parameters. ${String(stderr).trim()}`);
}

function build(folder) {
  if (run('bundle', folder, { stdio: 'inherit' }).status !== 0) throw new Error('The functions could not be built.');
}

export default class BuildBundles {
  constructor({ service, serviceDir }) {
    const prepare = () => {
      check(service, serviceDir);
      build(serviceDir);
    };
    this.hooks = {
      'before:package:createDeploymentArtifacts': prepare,
      'before:deploy:function:packageFunction': prepare,
    };
  }
}
