/** `console`: a page for people who would rather look than read. */
import { startConsole } from '../console/server.ts';
import type { Session } from './session.ts';

export async function openConsole(session: Session, { write: mayWrite = false }: { write?: boolean }): Promise<void> {
  const { terminal, note } = session;
  const place = await session.place();
  const server = await startConsole({ ...place, mayWrite });
  // Printed and not opened: the arguments of a browser can be read by every user of the machine.
  const offer = () => note(`Open this in your browser; it is good once:\n\n  ${server.newLink()}\n`);
  const onInput = (chunk: Buffer | string) => {
    if (chunk.includes('\n')) offer();
  };
  note(
    `The console of ${place.where}, ${mayWrite ? 'which may change everything' : 'read-only (--write lets it change)'}.`,
  );
  offer();
  note('Enter makes a new link, which ends the page before. Ctrl-C stops it.');
  terminal.stdin.on('data', onInput);
  try {
    await told(terminal);
  } finally {
    terminal.stdin.off('data', onInput).pause();
    await server.close();
  }
  session.answer({}, 'The console is closed.');
}

/** Until Ctrl-C, which is the way to end it and no failure. */
function told({ signals }: Session['terminal']): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      signals.off('SIGINT', end);
      signals.off('SIGTERM', end);
      resolve();
    };
    signals.once('SIGINT', end);
    signals.once('SIGTERM', end);
  });
}
