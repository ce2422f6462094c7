import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createProgress, progressText } from '../../../lib/cli/import/progress.ts';
import { type Terminal, table } from '../../../lib/cli/terminal.ts';

function setUp(isTTY: boolean, columns = 40) {
  let time = 0;
  let written = '';
  const stderr = Object.assign(new PassThrough(), { isTTY, columns });
  stderr.on('data', (chunk) => {
    written += chunk;
  });
  const terminal = { stderr, now: () => new Date(time) } as unknown as Terminal;
  const progress = createProgress(terminal, () => 0.5);
  return { progress, wait: (ms: number) => (time += ms), written: () => written };
}

describe('the progress line', () => {
  test('shows how much is done, how fast, and how long it still takes', () => {
    expect(progressText(1500, 0.25, 30)).toBe(' 25 %  1500 Tokens, 50 a second, 1:30 left');
  });

  test('shows no share of what has no known end', () => {
    expect(progressText(1500, undefined, 30)).toBe('1500 Tokens, 50 a second');
  });

  test('is drawn ten times a second at most, within the width of the terminal', () => {
    const { progress, wait, written } = setUp(true);
    for (let i = 0; i < 100; i += 1) {
      wait(10);
      progress.update(i);
    }
    const lines = written().split('\r\x1b[K').slice(1);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(40);
  });

  test('makes room and is drawn again at once', () => {
    const { progress, wait, written } = setUp(true, 100);
    wait(100);
    progress.update(1);
    progress.clear();
    expect(written().endsWith('\r\x1b[K')).toBe(true);
    progress.update(2);
    expect(written()).toContain('2 Tokens');
  });

  test('has a bar for the share', () => {
    const { progress, wait, written } = setUp(true, 100);
    wait(30_000);
    progress.update(1500);
    expect(written()).toBe('\r\x1b[K[##########          ]  50 %  1500 Tokens, 50 a second, 0:30 left');
  });
});

describe('where there is no terminal', () => {
  test('a new line says it every ten seconds', () => {
    const { progress, wait, written } = setUp(false);
    for (let done = 100; done <= 3500; done += 100) {
      wait(1000);
      progress.update(done);
      progress.clear();
    }
    expect(written()).toBe(
      [
        '50 %  1000 Tokens, 100 a second, 0:10 left\n',
        '50 %  2000 Tokens, 100 a second, 0:20 left\n',
        '50 %  3000 Tokens, 100 a second, 0:30 left\n',
      ].join(''),
    );
  });

  test('there is none of an import that is soon over, and none while nothing is done', () => {
    const { progress, wait, written } = setUp(false);
    wait(9_999);
    progress.update(1);
    progress.clear();
    wait(60_000);
    expect(written()).toBe('');
  });
});

test('a table has aligned columns and no white space at the ends', () => {
  expect(
    table([
      ['ID', 'N', ''],
      ['long-one', '1', ''],
      ['x', '22', 'y'],
    ]),
  ).toBe('ID        N\nlong-one  1\nx         22  y');
});
