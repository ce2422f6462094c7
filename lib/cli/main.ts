#!/usr/bin/env node
/** The command line: `npm run cli -- …`. */
import { run } from './program.ts';

// Whoever reads our output may leave early: `… | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  now: () => new Date(),
});
