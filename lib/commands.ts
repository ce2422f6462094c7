/** What people type: the scripts of the repository, or the command of the installed package. */

const isInstalled = import.meta.url.endsWith('.js');

/** @param options of the local server, such as `--reset` */
export function startWith(options = ''): string {
  const [command, separator] = isInstalled ? ['npx ocpi-tokens start', ' '] : ['npm start', ' -- '];
  return options === '' ? command : `${command}${separator}${options}`;
}

/** What the command line's own arguments follow. */
export const cliCommand = isInstalled ? 'npx ocpi-tokens' : 'npm run cli --';
