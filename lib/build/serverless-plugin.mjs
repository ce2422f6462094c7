/** Builds the bundles whenever the framework packages, so that `serverless deploy` alone is enough. */
import { execSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

// A process of its own: the framework may run on another Node than this project's, one that cannot read TypeScript.
const build = () => execSync('npm run --silent build', { cwd: root, stdio: 'inherit' });

export default class BuildBundles {
  hooks = {
    'before:package:createDeploymentArtifacts': build,
    'before:deploy:function:packageFunction': build,
  };
}
