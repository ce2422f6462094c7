/** What a benchmark is at, for who waits for it; the figures alone go to standard output. */
let isQuiet = false;

export const keepQuiet = (): void => {
  isQuiet = true;
};

export const note = (text: string): void => {
  if (!isQuiet) process.stderr.write(`  ${text}\n`);
};
