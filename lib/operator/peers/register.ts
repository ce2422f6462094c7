import { register as registerWith } from '../../credentials/register.ts';
import { peersCall } from '../../crud/calls.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';
import type { registerPeer } from '../api/peers.ts';
import { ProblemError } from '../problem.ts';
import type { Run } from '../run.ts';
import { checkOwnParties, checkRole, inWords, settingsOf } from './common.ts';
import { auditView, viewOf } from './view.ts';

/** @throws ProblemError invalid */
function idOfHost(url: string): string {
  const { host = '' } = URL.parse(url) ?? {};
  const id = host
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[^a-z0-9]+/i, '')
    .slice(0, 64);
  if (id) return id;
  throw new ProblemError('invalid', 'versionsUrl is no URL such as https://ocpi.partner.example/versions', [
    { field: 'versionsUrl', expected: 'an absolute http(s) URL', value: url.slice(0, 60) },
  ]);
}

/** An id that nobody chose must not replace another peer. @throws ProblemError conflict */
async function refuseOther({ backend }: PeerRuntime, id: string, url: string): Promise<void> {
  const known = await backend.credentials.get({ ...peersCall, id });
  const { versionsUrl } = known?.data.connection ?? {};
  if (versionsUrl !== undefined && versionsUrl !== url) {
    throw new ProblemError('conflict', `There is a peer ${id} at ${versionsUrl}: give another id, or this one`);
  }
}

/** Registers us with a peer that gave us its versions URL and a token A. */
export const register: Run<typeof registerPeer, PeerRuntime> = async (
  input,
  runtime,
  { audit, deadline, correlationId },
) => {
  const { versionsUrl, tokenA, version, ourRole, ...expected } = input;
  const id = input.id ?? idOfHost(versionsUrl);
  if (input.id === undefined) await refuseOther(runtime, id, versionsUrl);
  checkRole(runtime, ourRole);
  checkOwnParties(runtime, expected.settings);
  const settings = settingsOf(expected);
  const registration = { id, versionsUrl, tokenA, settings, ourRole, version, deadline, correlationId };
  const peer = await inWords(registerWith(runtime, registration));
  audit({ what: 'peer', peer: id, after: auditView(peer, runtime.now()) });
  return { peer: viewOf({ data: peer }, runtime.now()) };
};
