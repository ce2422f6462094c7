/** Loaded before everything that npm runs: says in words what an old Node, which cannot read TypeScript, would say raw. */
'use strict';

// Node 24 itself comes with the packages that package.json names as optional.
if (!process.features.typescript) {
  console.error(
    `This needs Node.js 22.18 or newer and runs on ${process.version}. On Linux the project brings its own: npm ci (without --omit=optional) installs it. Elsewhere install a newer Node.js.`,
  );
  process.exit(1);
}
