/** Checks the parameters and builds the bundles whenever the framework packages, so that `serverless deploy` alone is enough. */
import { execSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

// Processes of their own: the framework may run on another Node than this project's, one that cannot read TypeScript.
const build = () => execSync('npm run --silent build', { cwd: root, stdio: 'inherit' });

function check({ provider, functions }) {
  const environments = Object.values(functions).map(({ environment }) => ({ ...provider.environment, ...environment }));
  const input = JSON.stringify(environments);
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'check-configuration'], { cwd: root, input });
  if (status !== 0) throw new Error(`No function could start with these parameters. ${String(stderr).trim()}`);
}

export default class BuildBundles {
  constructor(serverless) {
    const prepare = () => {
      check(serverless.service);
      build();
    };
    this.hooks = {
      'before:package:createDeploymentArtifacts': prepare,
      'before:deploy:function:packageFunction': prepare,
    };
  }
}
