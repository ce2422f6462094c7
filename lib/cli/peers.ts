/** `peers …`: who may talk to us. A credentials token is shown once, when its peer is added, and never stored but as a hash. */
import { type Command, Option } from 'commander';
import { newCredentialsToken, sha256 } from '../credentials/access-token.ts';
import { CrudError } from '../crud/crud.ts';
import { type VersionNumber, versionNumbers } from '../ocpi/versions.ts';
import { isRegistered, type Peer, type PeerRole, peerIdOf } from '../peers/peer.ts';
import { addConnections } from './connections.ts';
import { Failure } from './failure.ts';
import { call, describe, findPeer, spell, summary, visible } from './known-peers.ts';
import {
  authorizationLines,
  authorizationOf,
  credentialsToken,
  examples,
  givenToken,
  parseRoles,
  peerId,
  peerRole,
  peerRoles,
} from './options.ts';
import { addPeerSettings } from './peer-settings.ts';
import { inSession, type Session } from './session.ts';
import type { Terminal } from './terminal.ts';

/** Adds the group to the program. */
export function addPeers(program: Command, terminal: Terminal): void {
  const peers = program.command('peers').description('our partners: who they are, and how we are connected');
  addConnections(peers, program, terminal);
  addPeerSettings(peers, program, terminal);

  peers
    .command('add')
    .description('add a peer without a handshake and show, this once, the credentials token to give to it')
    .addOption(new Option('--role <role>', `what the peer is: ${peerRoles.join(', ')}`).argParser(peerRole))
    .requiredOption(
      '--party <words...>',
      'a party that the peer speaks for, such as DE DMS or CPO DE DMS; may be repeated',
    )
    .addOption(
      new Option('--version <version>', 'OCPI version in use with the peer').choices(versionNumbers).default('2.2.1'),
    )
    .option('--id <id>', 'our name for the peer (default: its first party, such as de-dms)', peerId)
    .option(
      '--token <token>',
      'its credentials token, or - to read it from standard input (default: a new random one)',
      credentialsToken,
    )
    .addHelpText(
      'after',
      examples(program.name(), [
        'peers add --role EMSP --party DE DMS --version 2.2.1',
        'peers add --party EMSP FR DCP --party CPO FR DCP --id french-one',
        'peers add --role HUB --party NL HUB --token - < token.txt',
      ]),
    )
    .action(inSession(terminal, addPeer));

  peers
    .command('list')
    .description('all peers: state, version, last contact, parties')
    .addHelpText('after', examples(program.name(), ['peers list', 'peers list --json']))
    .action(inSession(terminal, listPeers));

  peers
    .command('show')
    .argument('<id>')
    .description('all that we know of one peer, without secrets')
    .addHelpText('after', examples(program.name(), ['peers show de-dms']))
    .action(inSession(terminal, showPeer));

  peers
    .command('remove')
    .argument('<id>')
    .description(
      'forget a peer without telling it: its credentials tokens stop at once, the Tokens that it pushed stay',
    )
    .addHelpText('after', examples(program.name(), ['peers remove de-dms']))
    .action(inSession(terminal, removePeer));
}

interface AddOptions {
  role?: PeerRole;
  party: string[];
  version: VersionNumber;
  id?: string;
  token?: string;
}

async function addPeer(session: Session, options: AddOptions): Promise<void> {
  const roles = parseRoles(options.party, options.role);
  const [first] = roles;
  if (!first) throw new Failure('usage', '--party takes a party such as DE DMS');
  const token = (await givenToken(options.token, session.terminal)) ?? newCredentialsToken();
  const peer: Peer = {
    id: options.id ?? peerIdOf(first),
    roles,
    version: options.version,
    tokensWeGave: [{ sha256: sha256(token) }],
  };
  const { backend } = await session.database();
  try {
    await backend.credentials.create({ ...call, data: peer });
  } catch (error) {
    if (!(error instanceof CrudError)) throw error;
    const isIdInUse = await backend.credentials.get({ ...call, id: peer.id });
    const what = isIdInUse ? `There is a peer ${peer.id} already: give another --id` : 'Another peer has this token';
    throw new Failure('data', what, { cause: error });
  }
  session.answer(
    {
      peer: visible({ data: peer, revision: '' }, session.terminal.now()),
      token,
      authorization: authorizationOf(token),
    },
    [
      `Added ${peer.id} (${spell(roles)}), OCPI ${options.version}.`,
      'Its credentials token is shown this once; only a hash of it is stored:',
      '',
      `  ${token}`,
      '',
      ...authorizationLines(token),
    ].join('\n'),
  );
}

async function listPeers(session: Session): Promise<void> {
  const { backend } = await session.database();
  const peers = await backend.credentials.list(call);
  const now = session.terminal.now();
  session.answer({ peers: peers.map((peer) => visible(peer, now)) }, summary(peers, now));
}

async function showPeer(session: Session, id: string): Promise<void> {
  const known = await findPeer(session, id);
  const now = session.terminal.now();
  session.answer({ peer: visible(known, now) }, describe(known, now));
}

async function removePeer(session: Session, id: string): Promise<void> {
  const known = await findPeer(session, id);
  const { roles } = known.data;
  const { backend } = await session.database();
  await backend.credentials.delete({ ...call, id });
  const what = roles.length > 0 ? `${id} (${spell(roles)})` : id;
  const untold = isRegistered(known.data) ? ' It has not been told; unregister does that.' : '';
  session.answer(
    { removed: visible(known, session.terminal.now()) },
    `Removed ${what}. Its requests are refused from now on; the Tokens that it pushed stay.${untold}`,
  );
}
