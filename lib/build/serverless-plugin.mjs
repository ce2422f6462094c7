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

/** @param names of the parameters that there are, and that are given @returns the tags that the parameters ask for */
function check({ provider, functions, custom }, names, folder) {
  const environments = Object.values(functions).map(({ environment }) => ({ ...provider.environment, ...environment }));
  const input = JSON.stringify({ environments, parameters: custom.checked, names });
  const { status, stdout, stderr } = run('check-configuration', folder, { input });
  if (status !== 0) throw new Error(`This cannot be deployed. ${String(stderr).trim()}`);
  return JSON.parse(String(stdout)).tags;
}

function build(folder) {
  if (run('bundle', folder, { stdio: 'inherit' }).status !== 0) throw new Error('The functions could not be built.');
}

/** The framework takes any name on its command line, and what nobody reads is lost without a word. */
const namesOf = ({ params = {} } = {}, { param = [] } = {}) => ({
  known: Object.values(params).flatMap((ofStage) => Object.keys(ofStage ?? {})),
  given: [param].flat().map((pair) => pair.split('=')[0]),
});

export default class BuildBundles {
  constructor(serverless, options) {
    const { service, serviceDir } = serverless;
    const prepare = () => {
      const { provider } = service;
      const names = namesOf(serverless.configurationInput, options);
      provider.stackTags = { ...provider.stackTags, ...check(service, names, serviceDir) };
      build(serviceDir);
    };
    this.hooks = {
      'before:package:createDeploymentArtifacts': prepare,
      'before:deploy:function:packageFunction': prepare,
    };
  }
}
