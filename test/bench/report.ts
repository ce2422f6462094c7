/** Figures as a table for people, and as JSON for comparing one run with another. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { dirname } from 'node:path';
import { type BenchOptions, type Figure, type Goal, isMet } from './figures.ts';

const headings = ['figure', 'value', 'spread', 'goal', 'met'];

export function tableOf(figures: Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    `${numberText(figure.value)} ${figure.unit}`.trimEnd(),
    figure.spread ? `${numberText(figure.spread.low)} – ${numberText(figure.spread.high)} (${figure.spread.of})` : '',
    figure.goal ? goalText(figure.goal) : '',
    metText(figure),
  ]);
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(headings), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const metText = (figure: Figure): string => {
  const met = isMet(figure);
  if (met === undefined) return '';
  return met ? 'yes' : 'NO';
};

function goalText({ atLeast, atMost }: Goal): string {
  if (atLeast === atMost && atLeast !== undefined) return numberText(atLeast);
  return atMost === undefined ? `≥ ${numberText(atLeast ?? 0)}` : `≤ ${numberText(atMost)}`;
}

/** Whole numbers as they are, others with four digits that count. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(4)));
}

export interface Result {
  bench: string;
  figures: Figure[];
  seconds: number;
}

export function writeJson(file: string, results: Result[], options: BenchOptions): void {
  const machine = {
    node: process.version,
    platform: platform(),
    arch: arch(),
    cpu: cpus()[0]?.model,
    cores: cpus().length,
  };
  mkdirSync(dirname(file), { recursive: true });
  const withVerdict = results.map((result) => ({
    ...result,
    figures: result.figures.map((figure) => ({ ...figure, met: isMet(figure) })),
  }));
  const report = { at: new Date().toISOString(), machine, options, results: withVerdict };
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
}
