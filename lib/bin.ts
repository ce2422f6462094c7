#!/usr/bin/env node
/** The command of the installed package: `start` runs the service of this folder on this machine, all else is a client of one. */
import './build/require-node.cjs';

if (process.argv[2] === 'start') {
  process.argv.splice(2, 1);
  await import('./local/main.ts');
} else {
  await import('./cli/main.ts');
}
