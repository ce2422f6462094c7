/** `doctor`: what works, what does not, what to do. */
import { examinePeer, examinePlatform } from '../operator/api/doctor.ts';
import type { OutputOf } from '../operator/api/operation.ts';
import { Failure } from './failure.ts';
import type { Session } from './session.ts';
import { table } from './terminal.ts';

export type Findings = OutputOf<typeof examinePlatform>['checks'];

export async function doctor(session: Session, id: string | undefined): Promise<void> {
  const platform = await session.call(examinePlatform, {});
  const peer = id === undefined ? undefined : await session.call(examinePeer, { id });
  const checks = [...platform.checks, ...(peer?.checks ?? [])];
  const failed = checks.filter(({ status }) => status === 'fail').length;
  session.answer({ isHealthy: failed === 0, checks }, describe(checks));
  if (failed > 0) throw new Failure('data', `${failed} of ${checks.length} checks failed; see above`);
}

/** A line for each check, and one beneath it where there is something to do. */
export const describe = (checks: Findings): string =>
  table(
    checks.flatMap(({ status, check, message, advice }) => [
      [status, check, message],
      ...(advice ? [['', '', `→ ${advice}`]] : []),
    ]),
  );
