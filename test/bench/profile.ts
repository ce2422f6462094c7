/** `node test/bench/profile.ts [call] [repetitions]`: where the CPU time of a warm call goes, function by function. */
import { type Profiler, Session } from 'node:inspector/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startDatabase } from './database.ts';
import { ask, inDynamodb, inMemory, type Platform, startPlatform } from './platform.ts';
import { calls, fillThroughSeam, prepare } from './warm.ts';

const samplingMicroseconds = 200;
const rows = 25;

/** @returns the share of the time of each function, without that of what it calls, the greatest first */
function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): [string, number][] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const byName = new Map<string, number>();
  samples.forEach((id, i) => {
    const name = names.get(id) ?? '';
    if (name !== '(idle)') byName.set(name, (byName.get(name) ?? 0) + (timeDeltas[i] ?? 0));
  });
  const total = [...byName.values()].reduce((sum, each) => sum + each, 0);
  return [...byName].map(([name, each]): [string, number] => [name, each / total]).sort(([, a], [, b]) => b - a);
}

function nameOf({ functionName, url, lineNumber }: Profiler.Profile['nodes'][number]['callFrame']): string {
  const file = url.startsWith('file:') ? relative(process.cwd(), fileURLToPath(url)) : url;
  return file
    ? `${functionName || '(anonymous)'} ${file.replace('node_modules/', '')}:${lineNumber + 1}`
    : functionName;
}

async function profile(work: () => Promise<void>): Promise<Profiler.Profile> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: samplingMicroseconds });
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return profile;
}

async function run(platform: Platform, name: string, repetitions: number): Promise<void> {
  const call = calls.find((each) => each.name === name);
  if (!call) throw new Error(`The calls are: ${calls.map((each) => each.name).join(', ')}`);
  const repeat = async (times: number) => {
    for (let i = 0; i < times; i += 1) await ask(platform, call.request(i));
  };
  await prepare(platform);
  await repeat(repetitions / 5);
  const shares = selfTimes(await profile(() => repeat(repetitions)));
  for (const [where, share] of shares.slice(0, rows))
    console.log(`${(share * 100).toFixed(1).padStart(5)} %  ${where}`);
}

const { positionals, values } = parseArgs({ allowPositionals: true, options: { memory: { type: 'boolean' } } });
const [name = 'list 1000', repetitions = '200'] = positionals;
if (values.memory) {
  const backend = inMemory();
  await fillThroughSeam(backend);
  await run(await startPlatform(backend), name, Number(repetitions));
} else {
  const database = await startDatabase();
  const backend = inDynamodb(database.db);
  await fillThroughSeam(backend);
  await run(await startPlatform(backend), name, Number(repetitions));
  await database.stop();
}
