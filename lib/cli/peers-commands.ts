/** The commands on our partners. */
import { versionNumbers } from '../ocpi/versions.ts';
import { type CommandSpec, choice, option } from './command.ts';
import { credentialsToken, peerRole, peerRoles, peerRolesOf, wholeNumber } from './options.ts';
import { listOptions, settingOptions } from './setting-options.ts';

const connections = () => import('./connections.ts');
const peers = () => import('./peers.ts');
const id: CommandSpec['args'] = [['<id>']];

const ourRole = choice(
  '--as <role>',
  'which of our roles it is about, in 2.1.1, where each is a connection of its own',
  ['CPO', 'EMSP'],
);
const version = (what: string) => choice('--version <version>', what, versionNumbers);
const expected = [
  option(
    '--party <words...>',
    'a party that they may announce, such as DE ABC; may be repeated (default: any that is nobody else’s)',
  ),
];
const expectedRole = (byDefault: string) =>
  option(
    '--role <role>',
    `a role in which they may announce it; may be repeated (default: the other of ours; if we are both, ${byDefault})`,
    peerRolesOf,
  );

const connecting: CommandSpec[] = [
  {
    name: 'invite',
    args: [['<id>', 'our name for the peer']],
    description: 'let a partner register with us: make a token A, and show, this once, what to send to the partner',
    options: [
      ...settingOptions([]),
      ...expected,
      expectedRole('EMSP, who reads none of our Tokens'),
      option('--days <number>', 'how long it is good (default: INVITATION_DAYS)', wholeNumber(1, 365)),
      ourRole,
    ],
    more: 'For a peer that is registered already it makes a new registration possible, as when the partner has lost its tokens.\n',
    examples: [
      'acme --party DE ABC --role EMSP',
      'acme --party DE ABC --party NL ABC --days 2',
      'gireve --profile gireve --as CPO',
    ],
    load: async () => (await connections()).invite,
  },
  {
    name: 'register',
    args: [['<url>', 'their versions URL']],
    description: 'register with a partner that has given us its versions URL and a token A',
    options: [
      ...settingOptions([]),
      option('--token-a <token>', 'the token A, or - to read it from standard input (TOKEN_A)', credentialsToken),
      option('--id <id>', 'our name for the peer (default: the host of the URL)'),
      version('the OCPI version (default: the newest that both serve)'),
      ourRole,
      ...expected,
      expectedRole('CPO and EMSP'),
    ],
    examples: [
      'https://ocpi.partner.example/versions --token-a "$TOKEN_A" --id acme',
      'https://ocpi.partner.example/versions --token-a - < token-a.txt',
      'https://ocpi.partner.example/2.1.1/versions --version 2.1.1 --as CPO --profile gireve',
    ],
    load: async () => (await connections()).register,
  },
  {
    name: 'rotate',
    args: id,
    description: 'exchange new tokens with a partner, and read its endpoints again; monthly is advised',
    examples: ['acme'],
    load: async () => (await connections()).rotate,
  },
  {
    name: 'upgrade',
    args: id,
    description: 'move to the newest OCPI version that both serve, or to another',
    options: [version('the one to move to'), ourRole],
    examples: ['acme', 'acme --version 2.2.1'],
    load: async () => (await connections()).upgrade,
  },
  {
    name: 'unregister',
    args: id,
    description: 'end a connection on both sides: its tokens stop, the Tokens that it pushed stay',
    options: [option('--force', 'end it here even if the partner cannot be told')],
    examples: ['acme', 'acme --force'],
    load: async () => (await connections()).unregister,
  },
];

export const peersCommands: CommandSpec[] = [
  ...connecting,
  {
    name: 'settings',
    args: id,
    description: 'show what is set for a peer, or change what is named',
    options: [...settingOptions(['default']), ...listOptions],
    examples: [
      'acme',
      'acme --profile gireve',
      'acme --timeout 12000 --authorization-encoding default',
      'hubject --hub yes --hub-party DE ABC --hub-party FR DEF',
    ],
    load: async () => (await import('./peer-settings.ts')).settings,
  },
  {
    name: 'sync',
    args: [['[id]', 'a peer, to see more of it, or to say what push and pull are to do']],
    description: 'how far push and pull are, what was refused, what fails and when it is tried again',
    options: [
      option('--now', 'do what is to do now, whatever was agreed on for when, and whatever has failed'),
      option('--full', 'push or pull all from the beginning'),
      option('--party <words...>', 'pull only this one of the parties of --pull-party, such as DE ABC'),
      option('--pause', 'do nothing until --resume'),
      option('--resume', 'go on after --pause'),
      option('--retry-refused', 'push again what they refused'),
      option('--push', 'only push').conflicts('pull'),
      option('--pull', 'only pull'),
      option('--watch', 'stay until there is nothing to do, and say how far it is'),
    ],
    examples: ['', 'acme', 'acme --now --watch', 'acme --push --pause', 'acme --pull --full --party DE ABC'],
    load: async () => (await import('./sync.ts')).sync,
  },
  {
    name: 'add',
    description: 'add a peer without a handshake and show, this once, the credentials token to give to it',
    options: [
      option('--role <role>', `what the peer is: ${peerRoles.join(', ')}`, peerRole),
      option(
        '--party <words...>',
        'a party that the peer speaks for, such as DE DMS or CPO DE DMS; may be repeated',
      ).makeOptionMandatory(),
      version('OCPI version in use with the peer').default('2.2.1'),
      option('--id <id>', 'our name for the peer (default: its first party, such as de-dms)'),
      option(
        '--token <token>',
        'its credentials token, or - to read it from standard input (default: a new random one)',
        credentialsToken,
      ),
    ],
    examples: [
      '--role EMSP --party DE DMS --version 2.2.1',
      '--party EMSP FR DCP --party CPO FR DCP --id french-one',
      '--role HUB --party NL HUB --token - < token.txt',
    ],
    load: async () => (await peers()).add,
  },
  {
    name: 'list',
    description: 'all peers: state, version, last contact, parties',
    examples: ['', '--json'],
    load: async () => (await peers()).list,
  },
  {
    name: 'show',
    args: id,
    description: 'all that we know of one peer, without secrets',
    examples: ['de-dms'],
    load: async () => (await peers()).show,
  },
  {
    name: 'remove',
    args: id,
    description:
      'forget a peer without telling it: its credentials tokens stop at once, the Tokens that it pushed stay',
    examples: ['de-dms'],
    load: async () => (await peers()).remove,
  },
];
