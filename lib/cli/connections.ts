/** `peers invite`, `register`, `rotate`, `upgrade` and `unregister`: the handshake, for an operator. */
import type { PartyRole } from '../ocpi/credentials.ts';
import type { Role, VersionNumber } from '../ocpi/versions.ts';
import type { OutputOf } from '../operator/api/operation.ts';
import * as api from '../operator/api/peers.ts';
import { Failure } from './failure.ts';
import { agreement, authorizationLines, describe } from './known-peers.ts';
import { givenToken, parseParties } from './options.ts';
import { namedSettings, type SettingOptions } from './peer-settings.ts';
import type { Session } from './session.ts';
import { table } from './terminal.ts';

interface ConnectOptions extends SettingOptions {
  party?: string[];
  role?: PartyRole[];
  as?: Role;
}

/** What a connection is made with. */
function expectationsOf({ party, role, as, profile, ...options }: ConnectOptions) {
  return {
    settings: {
      ...namedSettings(options),
      ...(party && { expectedParties: parseParties(party) }),
      ...(role && { expectedRoles: role }),
    },
    ...(profile && { profile }),
    ...(as && { ourRole: as }),
  };
}

type Invitation = OutputOf<typeof api.invitePeer>;

export async function invite(session: Session, id: string, options: ConnectOptions & { days?: number }): Promise<void> {
  const { days } = options;
  const input = { id, ...expectationsOf(options), ...(days !== undefined && { days }) };
  const invitation = await session.call(api.invitePeer, input);
  session.answer(invitation, describeInvitation(invitation));
}

function describeInvitation({ peer, versionsUrls, token, authorization, expiresAt }: Invitation): string {
  const urlRows = versionsUrls.map(({ url, versions, peerRole }, i) => [
    i === 0 ? '  Versions URL' : '',
    url,
    `(OCPI ${versions.join(' and ')}${peerRole ? `, if they are the ${peerRole}` : ''})`,
  ]);
  const goesOn = `${peer.id} is registered: its connection goes on until it registers anew, and is replaced then.`;
  return [
    `Invited ${peer.id}. Send this to the partner over a safe channel; it is shown this once:`,
    '',
    table([...urlRows, ['  Token A', token]]),
    '',
    `It is good for one registration, until ${expiresAt}.`,
    agreement(peer),
    '',
    ...authorizationLines(authorization),
    ...(peer.state === 'registered' ? ['', goesOn] : []),
  ].join('\n');
}

interface RegisterOptions extends ConnectOptions {
  tokenA?: string;
  id?: string;
  version?: VersionNumber;
}

export async function register(session: Session, versionsUrl: string, options: RegisterOptions): Promise<void> {
  const { id, version } = options;
  const { terminal } = session;
  const tokenA = (await givenToken(options.tokenA, terminal)) ?? terminal.env.TOKEN_A;
  if (!tokenA)
    throw new Failure('usage', 'The token A is missing: --token-a TOKEN, or - for standard input, or TOKEN_A');
  const { peer } = await session.call(api.registerPeer, {
    versionsUrl,
    tokenA,
    ...expectationsOf(options),
    ...(id !== undefined && { id }),
    ...(version && { version }),
  });
  answerWith(
    session,
    peer,
    `Registered with ${peer.id} in OCPI ${peer.version}. doctor ${peer.id} tries the connection.\n${agreement(peer)}`,
  );
}

const answerWith = (session: Session, peer: api.PeerView, said: string): void =>
  session.answer({ peer }, `${said}\n\n${describe(peer, session.terminal.now())}`);

export async function rotate(session: Session, id: string): Promise<void> {
  const { peer } = await session.call(api.rotatePeer, { id });
  answerWith(session, peer, `Exchanged new tokens with ${id}. The old ones work until the new ones are used.`);
}

interface UpgradeOptions {
  version?: VersionNumber;
  as?: Role;
}

export async function upgrade(session: Session, id: string, { version, as }: UpgradeOptions): Promise<void> {
  const input = { id, ...(version && { version }), ...(as && { ourRole: as }) };
  const { peer: before } = await session.call(api.showPeer, { id });
  const { peer, hasChanged } = await session.call(api.upgradePeer, input);
  const why = version ? 'in use already' : 'the newest that both serve';
  const said = hasChanged
    ? `Moved ${id} from OCPI ${before.version} to ${peer.version}.`
    : `OCPI ${peer.version} is ${why}. Nothing has changed.`;
  answerWith(session, peer, said);
}

export async function unregister(session: Session, id: string, { force }: { force?: true }): Promise<void> {
  const { peer } = await session.call(api.unregisterPeer, { id, ...(force && { force }) });
  const said = `Unregistered ${id}. Its settings and the Tokens that it pushed stay; its tokens are void.`;
  session.answer({ peer }, said);
}
