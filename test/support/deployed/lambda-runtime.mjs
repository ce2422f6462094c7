/**
 * Stands where Lambda's own runtime stands: finds the handler as Lambda does, and calls it with one event after the other, each a
 * line of JSON. Between two calls nothing of the process runs, because it waits for the next line without an event loop.
 */
import { existsSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { mark, kmsUrl } = JSON.parse(process.argv[2]);
const RealDate = Date;
let aheadMs = 0;

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length > 0 ? parts : [RealDate.now() + aheadMs]));
  }

  static now() {
    return RealDate.now() + aheadMs;
  }
};

// Moved while a call is under way; each chunk ends with what counts. It keeps nothing awake.
new Socket({ fd: 3, readable: true, writable: false })
  .on('data', (lines) => {
    aheadMs = Number(String(lines).trim().split('\n').at(-1));
  })
  .unref();

// The only call to AWS whose address is in no setting; it stays signed for where it would go.
const realFetch = fetch;
globalThis.fetch = (target, init) =>
  realFetch(/^https:\/\/kms\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/$/.test(target) ? kmsUrl : target, init);

function say(message) {
  const bytes = Buffer.from(`${mark}${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

const chunk = Buffer.alloc(1 << 16);
let unread = Buffer.alloc(0);

/** @returns undefined when there is nobody any more to wait for */
function nextLine() {
  const parts = [unread];
  for (let end = unread.indexOf('\n'); end < 0; ) {
    const length = readSync(0, chunk);
    if (length === 0) return undefined;
    parts.push(Buffer.from(chunk.subarray(0, length)));
    end = parts.at(-1).indexOf('\n');
  }
  const all = Buffer.concat(parts);
  const end = all.indexOf('\n');
  unread = all.subarray(end + 1);
  return all.subarray(0, end).toString();
}

const failure = ({ name, message, stack = '' }) => ({
  errorType: name,
  errorMessage: message,
  trace: stack.split('\n'),
});

async function load() {
  const { _HANDLER = '', LAMBDA_TASK_ROOT = '' } = process.env;
  const [, module = '', exported = ''] = /^(.*?[^/.]+)\.([^/]+)$/.exec(_HANDLER) ?? [];
  const file = ['.js', '.mjs', '.cjs'].map((ending) => join(LAMBDA_TASK_ROOT, module + ending)).find(existsSync);
  if (!file) throw Object.assign(new Error(`Cannot find module '${module}'`), { name: 'Runtime.ImportModuleError' });
  const { [exported]: handler } = await import(pathToFileURL(file));
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`${_HANDLER} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
  }
  return handler;
}

try {
  const handler = await load();
  say({ isReady: true });
  for (let line = nextLine(); line !== undefined; line = nextLine()) {
    const { event, context, deadline, ahead } = JSON.parse(line);
    aheadMs = ahead;
    const getRemainingTimeInMillis = () => deadline - RealDate.now();
    try {
      say({ result: (await handler(event, { ...context, getRemainingTimeInMillis })) ?? null });
    } catch (error) {
      say({ failure: failure(error) });
    }
  }
} catch (error) {
  say({ failure: failure(error) });
}
process.exit(0);
