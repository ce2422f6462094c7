/** What the doctor tries with a peer, from end to end: with our own token, at the peer's real endpoints. */

import { readVersions } from '../../credentials/discover.ts';
import type { KnownPeer } from '../../crud/crud.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';
import type { examinePeer } from '../api/doctor.ts';
import { findPeer } from '../peers/common.ts';
import type { Run } from '../run.ts';
import { type ClockReading, compareClocks } from './clock.ts';
import { conflictAdvice, conflictsOf } from './conflicts.ts';
import { type Check, examine, type Finding, fail, ok, shared, skip } from './finding.ts';
import { type Asking, openLine } from './line.ts';
import { askCredentials, askEndpoints, pull, push } from './peer-modules.ts';
import { checkState, checkVersions } from './peer-state.ts';
import { checkSync } from './sync.ts';

/** Left for the answer, so that a peer that is silent is what is reported. */
const spareMs = 1_000;

/** Tries the connection with one peer from end to end. @throws ProblemError not-found */
export const peer: Run<typeof examinePeer, PeerRuntime> = async ({ id }, runtime, { correlationId, deadline }) => {
  const known = await findPeer(runtime, id);
  const checks = peerChecks(runtime, known, { correlationId, deadline: deadline - spareMs });
  return examine(checks, { now: runtime.now, deadline });
};

function peerChecks(runtime: PeerRuntime, known: KnownPeer, asking: Asking): Check[] {
  const { id } = known.data;
  const clocks: ClockReading[] = [];
  const line = shared(() => openLine(runtime, known.data, asking, clocks));
  const versions = shared(async () => {
    const { configuration, connection } = await line();
    return readVersions((await configuration('versions', connection.versionsUrl)).data);
  });
  return [
    { name: 'state', run: () => checkState(known, runtime.now()) },
    { name: 'parties', run: () => checkParties(runtime, known) },
    { name: 'our token', run: async () => checkToken(await line()) },
    { name: 'versions', run: async () => checkVersions(await versions(), (await line()).version, id) },
    { name: 'endpoints', run: async () => askEndpoints(await line(), await versions(), runtime.config) },
    { name: 'credentials', run: async () => askCredentials(await line()) },
    { name: 'their Tokens', run: async () => pull(await line(), runtime.config) },
    { name: 'our Tokens', run: async () => push(await line(), runtime) },
    { name: 'push and pull', run: () => checkSync(runtime, known.data) },
    { name: 'clock', run: () => checkClock(clocks) },
  ];
}

const checkToken = ({ connection }: { connection: { authorizationEncoding: string } }): Finding =>
  ok(`can be opened; they read it ${connection.authorizationEncoding}`);

async function checkParties(runtime: PeerRuntime, { data }: KnownPeer): Promise<Finding> {
  const [first, ...others] = await conflictsOf(runtime.backend, runtime.config, [data]);
  if (!first) return data.roles.length > 0 ? ok('are theirs alone') : skip('none yet');
  return fail(`${first}${others.length > 0 ? `; and ${others.length} more` : ''}`, conflictAdvice);
}

const checkClock = ([clock]: readonly ClockReading[]): Finding =>
  clock ? compareClocks(clock, 'their clock') : skip('not checked, because nothing answered');
