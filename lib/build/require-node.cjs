/** Loaded before everything that npm runs: says in words what an old Node, which cannot read TypeScript, would say raw. */
'use strict';

// Node 24 itself comes with lib/build/node, which only the repository has.
if (!process.features.typescript) {
  const remedy = __dirname.includes('node_modules')
    ? 'Install a newer Node.js.'
    : 'On Linux the project brings its own: npm ci (without --omit=optional) installs it. Elsewhere install a newer Node.js.';
  console.error(`This needs Node.js 22.18 or newer and runs on ${process.version}. ${remedy}`);
  process.exit(1);
}
