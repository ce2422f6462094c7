/** `smoke`: what an operator runs after each deployment. It tries against the real thing what only that can show, and cleans up. */
import { Failure } from '../failure.ts';
import type { Place } from '../place.ts';
import type { Session } from '../session.ts';
import { table } from '../terminal.ts';
import { askDoctor, openChecks, shutChecks } from './as-owner.ts';
import { type Announced, configurationChecks, receiverChecks, senderChecks } from './as-partner.ts';
import { createAsk } from './ask.ts';
import { type Check, carryOut, type Result } from './checks.ts';
import { addGuest, byHand, forgetGuest } from './guest.ts';

/** For the longest name of a check. */
const nameWidth = 28;

export async function smoke(session: Session, url: string | undefined): Promise<void> {
  const place = await session.place(url);
  const { signals } = session.terminal;
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  // Once: who asks twice does not want to wait for the cleaning up.
  signals.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const checks: Result[] = [];
  const tell = (result: Result) => {
    checks.push(result);
    if (!session.isJson) session.terminal.stdout.write(`${describe(result)}\n`);
  };
  try {
    await tryOut(place, session, interruption.signal, tell);
  } finally {
    signals.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
  const failed = checks.filter(({ status }) => status === 'fail').length;
  const isInterrupted = interruption.signal.aborted;
  session.answer({ isHealthy: failed === 0 && !isInterrupted, where: place.where, checks }, summaryOf(checks));
  if (failed > 0) throw new Failure('data', `${failed} of ${checks.length} checks failed; see above`);
  if (isInterrupted) throw new Failure('interrupted', 'Interrupted, and cleaned up');
}

/** @throws what keeps it from beginning: an address, credentials, rights */
async function tryOut(place: Place, session: Session, interrupted: AbortSignal, tell: (result: Result) => void) {
  const ask = createAsk(interrupted);
  const pushed: string[] = [];
  const announced: Announced = {};
  const interruption = new Promise<undefined>((resolve) => {
    interrupted.addEventListener('abort', () => resolve(undefined));
  });
  const run = async (checks: readonly Check[]) => {
    for (const check of checks) {
      if (interrupted.aborted) return;
      const result = await Promise.race([carryOut(check), interruption]);
      // What was interrupted has not failed.
      if (result && !interrupted.aborted) tell(result);
    }
  };
  const guest = await addGuest(place.client);
  try {
    await run(configurationChecks(ask, guest, announced));
    await run(receiverChecks(ask, guest, announced, pushed));
    await run(senderChecks(ask, guest, announced));
    await run(shutChecks(ask, place, guest));
    await run(openChecks(place, pushed));
    await run(await stackChecksOf(place, session));
    const found = interrupted.aborted ? [] : await Promise.race([askDoctor(place), interruption]);
    for (const result of found ?? []) tell(result);
  } finally {
    const run = () => forgetGuest(place.client, pushed).catch(withAdvice);
    tell(await carryOut({ name: 'nothing is left behind', run }));
  }
}

const withAdvice = (error: Error): never => {
  throw Object.assign(error, { advice: byHand });
};

async function stackChecksOf({ region, url }: Place, { terminal }: Session): Promise<Check[]> {
  if (region === undefined) {
    const run = async () =>
      ({ status: 'skip', message: 'a local server has no stack, stream, queue or alarm of AWS' }) as const;
    return [{ name: 'stack', run }];
  }
  const [{ createAws }, { stackChecks }] = await Promise.all([import('./aws.ts'), import('./stack.ts')]);
  return stackChecks(createAws(region, terminal.env.AWS_ENDPOINT_URL), url, terminal.now);
}

const describe = ({ status, check, message, advice }: Result): string => {
  const name = check.padEnd(nameWidth);
  return table([[status.padEnd(4), name, message], ...(advice ? [['', name.replace(/./g, ' '), `→ ${advice}`]] : [])]);
};

function summaryOf(checks: readonly Result[]): string {
  const count = (status: Result['status']) => checks.filter((each) => each.status === status).length;
  return `\n${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed, ${count('skip')} not checked`;
}
