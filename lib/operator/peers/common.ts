/** What the operations on peers share. */
import { PeerError } from '../../client/peer-error.ts';
import { HandshakeError } from '../../credentials/handshake-error.ts';
import { peersCall } from '../../crud/calls.ts';
import { CrudError, type KnownPeer } from '../../crud/crud.ts';
import { OcpiError } from '../../errors.ts';
import { sameParty } from '../../ocpi/values.ts';
import { type PartyId, partiesOf, type Role } from '../../ocpi/versions.ts';
import { partyName } from '../../peers/claims.ts';
import { isRegistered } from '../../peers/peer.ts';
import { profiles } from '../../peers/profiles.ts';
import type { PeerSettings } from '../../peers/settings.ts';
import { type PeerState, stateOf } from '../../peers/state.ts';
import { PeerConflict } from '../../peers/store.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';
import type { ProblemType } from '../api/operation.ts';
import { ProblemError } from '../problem.ts';
import type { TokensRuntime } from '../run.ts';

/** @throws ProblemError not-found */
export async function findPeer({ backend }: Pick<TokensRuntime, 'backend'>, id: string): Promise<KnownPeer> {
  const known = await backend.credentials.get({ ...peersCall, id });
  if (!known) throw new ProblemError('not-found', `There is no peer ${id}`);
  return known;
}

const otherWays: Partial<Record<PeerState, string>> = {
  'by hand': 'it was added by hand. To change its token remove it and add it again',
  invited: 'it has been invited. To withdraw that remove it',
  'invitation expired': 'its invitation has expired: invite it again',
  registering: 'its registration is not finished: register again',
};

/** @throws ProblemError not-found, or conflict for a peer with whom no credentials have been exchanged */
export async function findRegistered(runtime: Pick<TokensRuntime, 'backend' | 'now'>, id: string): Promise<KnownPeer> {
  const known = await findPeer(runtime, id);
  if (isRegistered(known.data)) return known;
  const why = otherWays[stateOf(known.data, runtime.now())] ?? 'invite it, or register with it';
  throw new ProblemError('conflict', `${id} is not registered: ${why}`);
}

interface Expectations {
  profile?: keyof typeof profiles;
  settings?: PeerSettings;
}

/** What is named counts more than the profile. */
export const settingsOf = ({ profile, settings }: Expectations): PeerSettings => ({
  ...(profile && profiles[profile]),
  ...settings,
});

/** @throws ProblemError if that is no role of ours */
export function checkRole({ config }: Pick<PeerRuntime, 'config'>, role: Role | undefined): void {
  if (!role || partiesOf(config, role).length > 0) return;
  throw new ProblemError('invalid', `We have no ${role} party`, [
    { field: 'ourRole', expected: 'a role of ours', value: role },
  ]);
}

/**
 * A party that is none of ours would keep all Tokens from the peer without a word: its list is empty, and each card unknown.
 * @throws ProblemError
 */
export function checkOwnParties(
  { config }: Pick<TokensRuntime, 'config'>,
  settings: { ownParties?: readonly PartyId[] | null | undefined } = {},
): void {
  const ours = partiesOf(config, 'EMSP');
  const stranger = settings.ownParties?.find((party) => !ours.some((own) => sameParty(own, party)));
  if (!stranger) return;
  const spelt = ours.map(partyName).join(', ') || 'there is none';
  const value = partyName(stranger);
  throw new ProblemError('invalid', `${value} is not an EMSP party of ours (${spelt})`, [
    { field: 'settings.ownParties', expected: `of ${spelt}`, value },
  ]);
}

/** @returns what to do about a failure with a peer, where its message does not say so */
export function hintFor(error: Error): string | undefined {
  const { kind, http, status_code } = peerErrorIn(error) ?? {};
  if (kind === 'unreachable') return error instanceof HandshakeError ? undefined : 'Try again later';
  if (kind === 'broken' || http === 404) return 'Is it the right URL?';
  if (http === 401) {
    return 'If they do not know the token any more, register again with a new token A, or invite them again';
  }
  if (http === 405) {
    return 'If we are registered there already, or they do not take PUT: unregister, and register again';
  }
  if (status_code === 3001) return 'If it is our API that did not work for them, see doctor';
  if (error instanceof OcpiError && error.status === 3003) {
    return 'If they need not have the Tokens module: --requires-tokens no';
  }
  return undefined;
}

/** The peer's answer that is beneath an error, if there is one. */
function peerErrorIn(error: unknown): PeerError | undefined {
  if (error instanceof PeerError) return error;
  return error instanceof Error && error.cause !== undefined ? peerErrorIn(error.cause) : undefined;
}

function peerProblem(error: HandshakeError | OcpiError | PeerError): ProblemError {
  const answer = peerErrorIn(error);
  // The handshake says this to the peer, and we say it of the peer.
  const said = error instanceof OcpiError ? (answer ?? error).message.replace(/^Your\b/, 'Their') : error.message;
  const sentences = [said, error instanceof OcpiError && 'Nothing has changed', hintFor(error)].filter(Boolean);
  const isDown = answer?.kind === 'unreachable' || answer?.kind === 'broken';
  return new ProblemError(isDown ? 'peer-fails' : 'peer-refuses', sentences.join('. '), [], { cause: error });
}

/** Says what went wrong with a peer in words for the owner. @throws ProblemError */
export async function inWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toProblem(error);
  }
}

function toProblem(error: unknown): unknown {
  if (error instanceof PeerConflict) {
    const type: ProblemType = error.claims.length > 0 ? 'taken' : 'conflict';
    return new ProblemError(type, error.message, [], { cause: error });
  }
  if (error instanceof CrudError) {
    return new ProblemError('conflict', 'Somebody else changed the same peer at the same moment; try again', [], {
      cause: error,
    });
  }
  const isOfPeer = error instanceof HandshakeError || error instanceof OcpiError || error instanceof PeerError;
  return isOfPeer ? peerProblem(error) : error;
}
