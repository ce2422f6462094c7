/** `doctor`: what works, what does not, what to do. */
import type { Command } from 'commander';
import { carryOut, type Result, shared } from './doctor/finding.ts';
import { partnerChecks } from './doctor/partner.ts';
import { platformChecks } from './doctor/platform.ts';
import { databaseFailure, Failure } from './failure.ts';
import { examples } from './options.ts';
import { inSession, type Session } from './session.ts';
import { type Terminal, table } from './terminal.ts';

/** Adds the command to the program. */
export function addDoctor(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .argument('[id]', 'a peer to try end to end')
    .description('check our side, and with an id the connection with that peer: what works, what does not, what to do')
    .addHelpText(
      'after',
      `
It changes nothing. Exit code 1 if a check fails; a warning is no failure.
${examples(program.name(), ['doctor', 'doctor acme', 'doctor acme --json'])}`,
    )
    .action(inSession(terminal, doctor));
}

async function doctor(session: Session, id: string | undefined): Promise<void> {
  const place = shared(() => session.place());
  const explain = async (error: unknown) => {
    const known = await place().catch(() => undefined);
    return known ? databaseFailure(error, known.where) : error;
  };
  const checks = [...platformChecks(session, place), ...(id === undefined ? [] : partnerChecks(session, id, place))];
  const results: Result[] = [];
  // One after the other, because a later one says less where an earlier one has failed.
  for (const check of checks) results.push(await carryOut(check, explain));
  const failed = results.filter(({ status }) => status === 'fail').length;
  session.answer({ isHealthy: failed === 0, checks: results }, describe(results));
  if (failed > 0) throw new Failure('data', `${failed} of ${results.length} checks failed; see above`);
}

/** A line for each check, and one beneath it where there is something to do. */
export const describe = (results: Result[]): string =>
  table(
    results.flatMap(({ status, check, message, advice }) => [
      [status, check, message],
      ...(advice ? [['', '', `→ ${advice}`]] : []),
    ]),
  );
