/** `peers …`: who may talk to us. A credentials token is shown once, when its peer is added, and never stored but as a hash. */
import { text as readText } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { newCredentialsToken, sha256 } from '../credentials/access-token.ts';
import { type CredentialsCall, CrudError } from '../crud/crud.ts';
import { type VersionNumber, versionNumbers } from '../ocpi/versions.ts';
import { type Peer, type PeerParty, type PeerRole, peerIdOf } from '../peers/peer.ts';
import { Failure } from './failure.ts';
import { credentialsToken, examples, parseRoles, peerId, peerRole, peerRoles } from './options.ts';
import { inSession, type Session } from './session.ts';
import { listing, type Terminal, table } from './terminal.ts';

/** Adds the group to the program. */
export function addPeers(program: Command, terminal: Terminal): void {
  const peers = program.command('peers').description('the platforms that may talk to us, and their credentials tokens');

  peers
    .command('add')
    .description('add a peer and show, this once, the credentials token to give to it')
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
    .description('all peers')
    .addHelpText('after', examples(program.name(), ['peers list', 'peers list --json']))
    .action(inSession(terminal, listPeers));

  peers
    .command('show')
    .argument('<id>')
    .description('one peer, without its secrets')
    .addHelpText('after', examples(program.name(), ['peers show de-dms']))
    .action(inSession(terminal, showPeer));

  peers
    .command('remove')
    .argument('<id>')
    .description('remove a peer: its credentials tokens stop at once, the Tokens that it pushed stay')
    .addHelpText('after', examples(program.name(), ['peers remove de-dms']))
    .action(inSession(terminal, removePeer));
}

/** The calls come from us, not from a peer's request, so there is no token to carry. */
const call: CredentialsCall = { module_id: 'credentials', version: '2.3.0', auth_token: '' };

/** What may be shown of a peer, now and when a Peer has grown: never a secret, nor a hash of one. */
const visible = ({ id, version, roles, tokensWeGave }: Peer) => ({
  id,
  version,
  roles: roles.map(({ role, country_code, party_id }) => ({ role, country_code, party_id })),
  tokens: tokensWeGave.length,
});

const spell = (roles: PeerParty[]): string =>
  roles.map(({ role, country_code, party_id }) => `${role} ${country_code} ${party_id}`).join(', ');

const describe = (peer: Peer): string =>
  listing({ ...visible(peer), roles: spell(peer.roles), tokens: `${peer.tokensWeGave.length} in use` });

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
  const token = await tokenOf(options, session.terminal);
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
  const raw = `Token ${token}`;
  const base64 = `Token ${Buffer.from(token).toString('base64')}`;
  session.answer(
    { peer: visible(peer), token, authorization: { base64, raw } },
    [
      `Added ${peer.id} (${spell(roles)}), OCPI ${options.version}.`,
      'Its credentials token is shown this once; only a hash of it is stored:',
      '',
      `  ${token}`,
      '',
      'Its requests to us carry one of these headers:',
      '',
      `  Authorization: ${base64}    (OCPI 2.2 and later)`,
      `  Authorization: ${raw}    (OCPI 2.1.1)`,
    ].join('\n'),
  );
}

async function tokenOf({ token }: AddOptions, { stdin }: Terminal): Promise<string> {
  if (token === undefined) return newCredentialsToken();
  if (token !== '-') return token;
  try {
    return credentialsToken((await readText(stdin)).trim());
  } catch (error) {
    throw new Failure('usage', `No credentials token on standard input. ${(error as Error).message}`);
  }
}

async function listPeers(session: Session): Promise<void> {
  const { backend } = await session.database();
  const peers = (await backend.credentials.list(call)).map(({ data }) => data);
  const rows = peers.map(({ id, version, roles, tokensWeGave }) => [
    id,
    version ?? '',
    String(tokensWeGave.length),
    spell(roles),
  ]);
  session.answer(
    { peers: peers.map(visible) },
    peers.length > 0 ? table([['ID', 'VERSION', 'TOKENS', 'PARTIES'], ...rows]) : 'No peers yet.',
  );
}

/** @throws Failure if there is none */
async function find(session: Session, id: string): Promise<Peer> {
  const { backend } = await session.database();
  const found = await backend.credentials.get({ ...call, id });
  if (!found) throw new Failure('data', `There is no peer ${id}`);
  return found.data;
}

async function showPeer(session: Session, id: string): Promise<void> {
  const peer = await find(session, id);
  session.answer({ peer: visible(peer) }, describe(peer));
}

async function removePeer(session: Session, id: string): Promise<void> {
  const peer = await find(session, id);
  const { backend } = await session.database();
  await backend.credentials.delete({ ...call, id });
  session.answer(
    { removed: visible(peer) },
    `Removed ${id} (${spell(peer.roles)}). Its requests are refused from now on; the Tokens that it pushed stay.`,
  );
}
