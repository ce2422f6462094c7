/** `npm run bench`: where we stand against the limits of the platform. Each benchmark is one goal of its own. */
import './environment.ts';
import { parseArgs } from 'node:util';
import { benches } from './benches.ts';
import { type BenchOptions, isMet } from './figures.ts';
import { note } from './note.ts';
import { type Result, tableOf, writeJson } from './report.ts';

const usage = `Usage: npm run bench [-- [name…] [options]]

  ${Object.keys(benches).join(', ')}: what to measure (all)
  --short        under a minute
  --tokens N     how many Tokens of our own there are (1000000; short: 20000)
  --minutes N    of the server under load while its memory is watched (1)
  --json FILE    where the figures go (.bench/latest.json)`;

interface Arguments {
  names: string[];
  options: BenchOptions;
  json: string;
}

/** @throws TypeError for what parseArgs or the benchmarks do not know */
function readArguments(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      tokens: { type: 'string' },
      minutes: { type: 'string', default: '1' },
      json: { type: 'string', default: '.bench/latest.json' },
    },
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) throw new TypeError(`There is no benchmark ${unknown.join(', ')}`);
  const tokens = Number(values.tokens ?? (values.short ? 20_000 : 1_000_000));
  const minutes = Number(values.minutes);
  // Pages of 1000 and a delta of 10 000 are read.
  if (!(Number.isInteger(tokens) && tokens >= 11_000 && tokens % 2 === 0)) {
    throw new TypeError('--tokens: should be an even number from 11000 on');
  }
  if (!(minutes > 0)) throw new TypeError('--minutes: should be a positive number');
  return {
    names: positionals.length > 0 ? positionals : Object.keys(benches),
    options: { isShort: values.short, tokens, minutes },
    json: values.json,
  };
}

async function measure(name: string, options: BenchOptions): Promise<Result> {
  note(name);
  const begun = performance.now();
  const bench = await benches[name]?.();
  const figures = (await bench?.(options)) ?? [];
  const result = { bench: name, figures, seconds: (performance.now() - begun) / 1000 };
  console.log(`\n${name}, in ${result.seconds.toFixed(1)} s\n\n${tableOf(figures)}`);
  return result;
}

function parse(): Arguments {
  try {
    return readArguments();
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

const { names, options, json } = parse();
const results: Result[] = [];
for (const name of names) results.push(await measure(name, options));
writeJson(json, results, options);

const withGoal = results.flatMap(({ figures }) => figures.filter(({ goal }) => goal));
console.log(`\n${withGoal.filter(isMet).length} of ${withGoal.length} goals met; figures in ${json}`);
