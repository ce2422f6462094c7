/** A partner that asks as often as it likes, whatever it is answered, in a process of its own. */
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface StormOptions {
  url: string;
  headers: Record<string, string>;
  perSecond: number;
}

/** How often it was answered with each HTTP status, sent at its end. */
export type Stormed = Record<string, number>;

const { url, headers, perSecond } = JSON.parse(process.argv[2] ?? '') as StormOptions;
const stormed: Stormed = {};
/** As many as no server answers at once. What is due while all of them wait is not asked. */
const agent = new Agent({ keepAlive: true, maxSockets: 200 });
let waiting = 0;
let isOver = false;

function ask(): void {
  waiting += 1;
  const end = (status: number | string) => {
    waiting -= 1;
    stormed[status] = (stormed[status] ?? 0) + 1;
  };
  get(url, { agent, headers }, (response) => response.resume().once('end', () => end(response.statusCode ?? 0))).once(
    'error',
    () => end('error'),
  );
}

process.once('message', () => {
  isOver = true;
});
process.send?.('begun');

const tickMs = 10;
let owed = 0;
let last = performance.now();
while (!isOver) {
  await delay(tickMs);
  const at = performance.now();
  owed += ((at - last) * perSecond) / 1_000;
  last = at;
  for (; owed >= 1; owed -= 1) if (waiting < agent.maxSockets) ask();
}
process.send?.(stormed);
