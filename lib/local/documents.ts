/** The page on which partners' developers read the OpenAPI documents of a local server and try them. Never deployed. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { versionNumbers } from '../ocpi/versions.ts';
import { demoPeers } from './demo.ts';
import type { LambdaHandler } from './http-api.ts';

const types = { html: 'text/html', css: 'text/css', js: 'text/javascript', json: 'application/json' } as const;

/** Nothing comes from anywhere but this server, and nothing runs that a document brings in. */
const securityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headersOf = (name: string) => ({
  'Content-Type': `${types[name.slice(name.lastIndexOf('.') + 1) as keyof typeof types]}; charset=utf-8`,
  'Content-Security-Policy': securityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
});

/** What the viewer comes with; it is there for development only. */
function viewerFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  } catch {
    return undefined;
  }
}

const demo = () =>
  JSON.stringify({
    versions: versionNumbers,
    tokens: Object.fromEntries(demoPeers.map(({ role, credentialsToken }) => [role.toLowerCase(), credentialsToken])),
  });

const ours = (name: string) => readFileSync(new URL(`docs/${name}`, import.meta.url));

/** By name; a list, so that no path leads to another file. */
const readers: Record<string, (viewer: string) => Buffer | string> = {
  'index.html': () => ours('index.html'),
  'docs.js': () => ours('docs.js'),
  'docs.css': () => ours('docs.css'),
  'demo.json': demo,
  'swagger-ui.css': (viewer) => readFileSync(join(viewer, 'swagger-ui.css')),
  'swagger-ui-bundle.js': (viewer) => readFileSync(join(viewer, 'swagger-ui-bundle.js')),
};

const isVersion = (name: string): boolean => versionNumbers.some((version) => version === name);

function handlerOn(viewer: string): LambdaHandler {
  return async ({ pathParameters }) => {
    const asked = pathParameters?.path?.replace(/\/$/, '') ?? '';
    const name = asked === '' || isVersion(asked) ? 'index.html' : asked;
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (!read) return { statusCode: 404, headers: headersOf('.html'), body: 'There is no such page' };
    const body = Buffer.from(read(viewer)).toString('base64');
    return { statusCode: 200, headers: headersOf(name), body, isBase64Encoded: true };
  };
}

/** @returns the function that serves the page, unless the viewer is not installed */
export function documentsFunction() {
  const viewer = viewerFolder();
  if (viewer === undefined) return undefined;
  const routes = ['GET /docs', 'GET /docs/{path+}'];
  return { name: 'local-docs', routes, timeoutSeconds: 3, load: async () => handlerOn(viewer) };
}
