/** Processes of a benchmark's own, and what Linux says of their memory. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { environmentWith } from './environment.ts';
import type { WriterOptions, Written } from './writer.ts';

export const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/**
 * Starts a script of this folder and waits for its first message.
 * @throws Error if it ends before
 */
export async function start<Message>(
  script: string,
  options: object,
  env: Record<string, string> = {},
  execArgv: string[] = [],
): Promise<{ child: ChildProcess; ready: Message }> {
  const child = fork(pathOf(script), [JSON.stringify(options)], {
    env: environmentWith(env),
    execArgv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return { child, ready: await nextMessage<Message>(child, script) };
}

export async function nextMessage<Message>(child: ChildProcess, script: string): Promise<Message> {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`${script} ended with code ${code}`);
  });
  exit.catch(() => {});
  try {
    const [message] = await Promise.race([once(child, 'message', { signal: ended.signal }), exit]);
    return message as Message;
  } finally {
    ended.abort();
  }
}

/** Runs something while another process writes. */
export async function whileWriting<T>(
  options: WriterOptions,
  work: () => Promise<T>,
): Promise<{ result: T; written: Written }> {
  const { child } = await start('writer.ts', options);
  try {
    const result = await work();
    const answer = nextMessage<Written>(child, 'writer.ts');
    child.send('stop');
    return { result, written: await answer };
  } finally {
    child.kill();
  }
}

/** @returns megabytes, or undefined where there is no /proc or no such process */
export function memoryOf(pid: number | undefined, which: 'VmHWM' | 'VmRSS'): number | undefined {
  try {
    const [, kilobytes] =
      new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}
