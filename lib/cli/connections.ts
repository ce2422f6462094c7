/** `peers invite`, `register`, `rotate`, `upgrade` and `unregister`: the handshake, for an operator. */
import { type Command, Option } from 'commander';
import { discover } from '../credentials/discover.ts';
import { accessTo, invite, register, renew, unregister } from '../credentials/initiate.ts';
import { versionEntries, versionsUrl } from '../http/urls.ts';
import { type Role, type VersionNumber, versionNumbers } from '../ocpi/versions.ts';
import type { PartnerRuntime } from '../partner-runtime.ts';
import { isRegistered, type Peer } from '../peers/peer.ts';
import type { PeerSettings } from '../peers/settings.ts';
import { wires } from '../wire/wire.ts';
import { Failure } from './failure.ts';
import { call, describe, findPeer, type PeerState, stateOf, visible } from './known-peers.ts';
import {
  authorizationLines,
  authorizationOf,
  credentialsToken,
  examples,
  givenToken,
  peerId,
  wholeNumber,
} from './options.ts';
import { addSettingOptions, changedSettings, type SettingOptions } from './peer-settings.ts';
import { inSession, type Session } from './session.ts';
import { type Terminal, table } from './terminal.ts';

/** Adds the commands to the group `peers`. */
export function addConnections(peers: Command, program: Command, terminal: Terminal): void {
  addInvite(peers, program, terminal);
  addRegister(peers, program, terminal);
  addRenewals(peers, program, terminal);
  addUnregister(peers, program, terminal);
}

const ourRole = () =>
  new Option('--as <role>', 'which of our roles it is about, in 2.1.1, where each is a connection of its own').choices([
    'CPO',
    'EMSP',
  ]);

const version = (what: string) => new Option('--version <version>', what).choices(versionNumbers);

const party: [string, string] = [
  '--party <words...>',
  'a party that they may announce, such as DE ABC; may be repeated (default: any that is nobody else’s)',
];

function addInvite(peers: Command, program: Command, terminal: Terminal): void {
  addSettingOptions(peers.command('invite'))
    .argument('<id>', 'our name for the peer')
    .description('let a partner register with us: make a token A, and show, this once, what to send to the partner')
    .option(...party)
    .option('--days <number>', 'how long it is good (default: INVITATION_DAYS)', wholeNumber(1, 365))
    .addOption(ourRole())
    .addHelpText(
      'after',
      `
For a peer that is registered already it makes a new registration possible, as when the partner has lost its tokens.
${examples(program.name(), [
  'peers invite acme --party DE ABC',
  'peers invite acme --party DE ABC --party NL ABC --days 2',
  'peers invite gireve --profile gireve --as CPO',
])}`,
    )
    .action(inSession(terminal, invitePeer));
}

function addRegister(peers: Command, program: Command, terminal: Terminal): void {
  addSettingOptions(peers.command('register'))
    .argument('<url>', 'their versions URL')
    .description('register with a partner that has given us its versions URL and a token A')
    .option('--token-a <token>', 'the token A, or - to read it from standard input (TOKEN_A)', credentialsToken)
    .option('--id <id>', 'our name for the peer (default: the host of the URL)', peerId)
    .addOption(version('the OCPI version (default: the newest that both serve)'))
    .addOption(ourRole())
    .option(...party)
    .addHelpText(
      'after',
      examples(program.name(), [
        'peers register https://ocpi.partner.example/versions --token-a "$TOKEN_A" --id acme',
        'peers register https://ocpi.partner.example/versions --token-a - < token-a.txt',
        'peers register https://ocpi.partner.example/2.1.1/versions --version 2.1.1 --as CPO --profile gireve',
      ]),
    )
    .action(inSession(terminal, registerPeer));
}

function addRenewals(peers: Command, program: Command, terminal: Terminal): void {
  peers
    .command('rotate')
    .argument('<id>')
    .description('exchange new tokens with a partner, and read its endpoints again; monthly is advised')
    .addHelpText('after', examples(program.name(), ['peers rotate acme']))
    .action(inSession(terminal, rotatePeer));

  peers
    .command('upgrade')
    .argument('<id>')
    .description('move to the newest OCPI version that both serve, or to another')
    .addOption(version('the one to move to'))
    .addOption(ourRole())
    .addHelpText('after', examples(program.name(), ['peers upgrade acme', 'peers upgrade acme --version 2.2.1']))
    .action(inSession(terminal, upgradePeer));
}

function addUnregister(peers: Command, program: Command, terminal: Terminal): void {
  peers
    .command('unregister')
    .argument('<id>')
    .description('end a connection on both sides: its tokens stop, the Tokens that it pushed stay')
    .option('--force', 'end it here even if the partner cannot be told')
    .addHelpText('after', examples(program.name(), ['peers unregister acme', 'peers unregister acme --force']))
    .action(inSession(terminal, unregisterPeer));
}

interface ConnectOptions extends SettingOptions {
  party?: string[];
  as?: Role;
}

const settingsOf = ({ party, ...options }: ConnectOptions): PeerSettings =>
  changedSettings({}, { ...options, ...(party && { expectedParty: party }) });

/** Before anything is sent: whether an answer could be kept, and whether the partner could call us, as it does while we wait. */
async function readyToExchange(session: Session): Promise<PartnerRuntime> {
  const { partners } = await session.database();
  const runtime = partners();
  if ((await session.place()).isUnserved) {
    throw new Failure('data', 'The local server is not running, and partners call back at once: npm start');
  }
  const probe = 'probe';
  if ((await runtime.vault.open(await runtime.vault.seal(probe, probe), probe)) !== probe) {
    throw new Failure('data', 'SECRETS_KEY does not open what it has sealed');
  }
  return runtime;
}

const isServed = ({ config }: PartnerRuntime, role: Role): boolean => config.parties.some((own) => own.role === role);

/** @throws Failure if that is no role of ours */
function checkRole(runtime: PartnerRuntime, role: Role | undefined): void {
  if (role && !isServed(runtime, role)) throw new Failure('usage', `OCPI_PARTIES names no ${role} of ours`);
}

interface InviteOptions extends ConnectOptions {
  days?: number;
}

/** Where a partner begins: one tree for all our roles, and in 2.1.1 one for each. */
function versionsUrls(runtime: PartnerRuntime, role: Role | undefined) {
  const { config } = runtime;
  const roles = (['CPO', 'EMSP'] as const).filter((each) => isServed(runtime, each));
  const newer = versionEntries(config, undefined).map((entry) => entry.version);
  const older = versionNumbers.filter((number) => wires[number].hasTreePerRole);
  return [
    { url: versionsUrl(config, undefined), versions: newer },
    ...(role ? [role] : roles).map((each) => ({
      url: versionsUrl(config, each),
      versions: older,
      partnerRole: each === 'CPO' ? 'EMSP' : 'CPO',
    })),
  ];
}

async function invitePeer(session: Session, id: string, { days, ...options }: InviteOptions): Promise<void> {
  const settings = settingsOf(options);
  peerIdOrFailure(id);
  const { partners } = await session.database();
  const runtime = partners();
  checkRole(runtime, options.as);
  const { peer, token, expiresAt } = await invite(runtime, id, settings, days);
  const urls = versionsUrls(runtime, options.as);
  const urlRows = urls.map(({ url, versions, ...rest }, i) => [
    i === 0 ? '  Versions URL' : '',
    url,
    `(OCPI ${versions.join(' and ')}${'partnerRole' in rest ? `, if they are the ${rest.partnerRole}` : ''})`,
  ]);
  session.answer(
    {
      peer: visible({ data: peer, revision: '' }, runtime.now()),
      versionsUrls: urls,
      token,
      authorization: authorizationOf(token),
      expiresAt,
    },
    [
      `Invited ${id}. Send this to the partner over a safe channel; it is shown this once:`,
      '',
      table([...urlRows, ['  Token A', token]]),
      '',
      `It is good for one registration, until ${expiresAt}.`,
      ...authorizationLines(token),
      ...(isRegistered(peer)
        ? ['', `${id} is registered: its connection goes on until it registers anew, and is replaced then.`]
        : []),
    ].join('\n'),
  );
}

/** @throws Failure */
function peerIdOrFailure(text: string): string {
  try {
    return peerId(text);
  } catch (error) {
    throw new Failure('usage', `"${text}" is no id of a peer. ${(error as Error).message}`, { cause: error });
  }
}

interface RegisterOptions extends ConnectOptions {
  tokenA?: string;
  id?: string;
  version?: VersionNumber;
}

/** @throws Failure */
function idOfHost(url: string): string {
  const { host = '' } = URL.parse(url) ?? {};
  const id = host
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[^a-z0-9]+/i, '')
    .slice(0, 64);
  if (!id) throw new Failure('usage', `"${url}" is no URL such as https://ocpi.partner.example/versions`);
  return id;
}

async function registerPeer(session: Session, url: string, options: RegisterOptions): Promise<void> {
  const settings = settingsOf(options);
  const id = options.id ?? idOfHost(url);
  const { terminal } = session;
  const tokenA = (await givenToken(options.tokenA, terminal)) ?? terminal.env.TOKEN_A;
  if (!tokenA)
    throw new Failure('usage', 'The token A is missing: --token-a TOKEN, or - for standard input, or TOKEN_A');

  const { backend } = await session.database();
  const known = options.id === undefined ? await backend.credentials.get({ ...call, id }) : undefined;
  if (known?.data.connection && known.data.connection.versionsUrl !== url) {
    throw new Failure(
      'data',
      `There is a peer ${id} at ${known.data.connection.versionsUrl}: give another --id, or this one`,
    );
  }
  const runtime = await readyToExchange(session);
  checkRole(runtime, options.as);
  const { as: role, version } = options;
  const peer = await register(runtime, { id, versionsUrl: url, tokenA, settings, ourRole: role, version });
  answerWith(session, peer, `Registered with ${id} in OCPI ${peer.version}. doctor ${id} tries the connection.`);
}

function answerWith(session: Session, peer: Peer, said: string): void {
  const known = { data: peer, revision: '' };
  const now = session.terminal.now();
  session.answer({ peer: visible(known, now) }, `${said}\n\n${describe(known, now)}`);
}

const otherWays: Partial<Record<PeerState, string>> = {
  'by hand': 'it was added by hand. To change its token remove it and add it again',
  invited: 'it has been invited. To withdraw that remove it',
  'invitation expired': 'its invitation has expired: invite it again',
  registering: 'its registration is not finished: register again',
};

/** @throws Failure */
async function findRegistered(session: Session, id: string): Promise<Peer> {
  const { data } = await findPeer(session, id);
  if (isRegistered(data)) return data;
  const why = otherWays[stateOf(data, session.terminal.now())] ?? 'invite it, or register with it';
  throw new Failure('data', `${id} is not registered: ${why}`);
}

async function rotatePeer(session: Session, id: string): Promise<void> {
  await findRegistered(session, id);
  const peer = await renew(await readyToExchange(session), id);
  answerWith(session, peer, `Exchanged new tokens with ${id}. The old ones work until the new ones are used.`);
}

interface UpgradeOptions {
  version?: VersionNumber;
  as?: Role;
}

async function upgradePeer(session: Session, id: string, options: UpgradeOptions): Promise<void> {
  const before = await findRegistered(session, id);
  const runtime = await readyToExchange(session);
  checkRole(runtime, options.as);
  const wanted = options.version ?? (await newestWith(runtime, before));
  if (wanted === before.version) {
    const why = options.version ? 'in use already' : 'the newest that both serve';
    return answerWith(session, before, `OCPI ${wanted} is ${why}. Nothing has changed.`);
  }
  const peer = await renew(runtime, id, wanted, options.as);
  answerWith(session, peer, `Moved ${id} from OCPI ${before.version} to ${peer.version}.`);
}

async function newestWith(runtime: PartnerRuntime, peer: Peer): Promise<VersionNumber> {
  const { connection, ...access } = await accessTo(runtime, peer);
  const seenEncoding = connection.authorizationEncoding;
  const { wire } = await discover(runtime, { ...access, seenEncoding }, connection.versionsUrl, 'latest');
  return wire.version;
}

async function unregisterPeer(session: Session, id: string, { force = false }: { force?: boolean }): Promise<void> {
  await findRegistered(session, id);
  const { partners } = await session.database();
  await unregister(partners(), id, force);
  session.answer(
    { peer: visible(await findPeer(session, id), session.terminal.now()) },
    `Unregistered ${id}. Its settings and the Tokens that it pushed stay; its tokens are void.`,
  );
}
