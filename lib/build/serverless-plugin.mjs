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

/** @returns the tags that the parameters ask for */
function check({ provider, functions, custom }, folder) {
  const environments = Object.values(functions).map(({ environment }) => ({ ...provider.environment, ...environment }));
  const input = JSON.stringify({ environments, parameters: custom.checked });
  const { status, stdout, stderr } = run('check-configuration', folder, { input });
  if (status !== 0) throw new Error(`This cannot be deployed. ${String(stderr).trim()}`);
  return JSON.parse(String(stdout)).tags;
}

function build(folder) {
  if (run('bundle', folder, { stdio: 'inherit' }).status !== 0) throw new Error('The functions could not be built.');
}

export default class BuildBundles {
  constructor({ service, serviceDir }) {
    const prepare = () => {
      const { provider } = service;
      provider.stackTags = { ...provider.stackTags, ...check(service, serviceDir) };
      build(serviceDir);
    };
    this.hooks = {
      'before:package:createDeploymentArtifacts': prepare,
      'before:deploy:function:packageFunction': prepare,
    };
  }
}
