/** Checks the parameters and builds the bundles whenever the framework packages, so that `serverless deploy` alone is enough. */
import { execSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

// Processes of their own: the framework may run on another Node than this project's, one that cannot read TypeScript.
const build = () => execSync('npm run --silent build', { cwd: root, stdio: 'inherit' });

/** @returns the tags that the parameters ask for */
function check({ provider, functions, custom }) {
  const environments = Object.values(functions).map(({ environment }) => ({ ...provider.environment, ...environment }));
  const input = JSON.stringify({ environments, parameters: custom.checked });
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'check-configuration'], { cwd: root, input });
  if (status !== 0) throw new Error(`This cannot be deployed. ${String(stderr).trim()}`);
  return JSON.parse(String(stdout)).tags;
}

export default class BuildBundles {
  constructor(serverless) {
    const prepare = () => {
      const { provider } = serverless.service;
      provider.stackTags = { ...provider.stackTags, ...check(serverless.service) };
      build();
    };
    this.hooks = {
      'before:package:createDeploymentArtifacts': prepare,
      'before:deploy:function:packageFunction': prepare,
    };
  }
}
