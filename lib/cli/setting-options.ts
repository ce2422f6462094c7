/** What is set for a peer, as options: each row is a setting of the API. */
import type { Option } from 'commander';
import { profiles } from '../peers/profiles.ts';
import type { PeerSettings } from '../peers/settings.ts';
import { choice, option } from './command.ts';
import { parseParties, peerRolesOf, wholeNumber } from './options.ts';

type Name = keyof PeerSettings;

/** A setting of one value. */
interface Single {
  setting: Name;
  /** Without its dashes. */
  flag: string;
  what: string;
  choices: readonly string[];
  byDefault: string;
}

const yesNo = ['yes', 'no'] as const;

/** In the order in which they are shown. */
export const singles: Single[] = [
  {
    setting: 'authorizationEncoding',
    flag: 'authorization-encoding',
    what: 'how they read our token (default: found out by trying)',
    choices: ['raw', 'base64'],
    byDefault: 'found out by trying',
  },
  {
    setting: 'sendsRoutingHeaders',
    flag: 'routing-headers',
    what: 'whether OCPI-to and OCPI-from go with our requests',
    choices: yesNo,
    byDefault: 'yes',
  },
  {
    setting: 'timeoutMs',
    flag: 'timeout',
    what: 'how many milliseconds they may take for a request, 100 to 20000',
    choices: [],
    byDefault: '8000',
  },
  {
    setting: 'requiresTokensModule',
    flag: 'requires-tokens',
    what: 'whether they have to offer the Tokens module',
    choices: yesNo,
    byDefault: 'yes',
  },
  {
    setting: 'sendsNullDecoration',
    flag: 'null-decoration',
    what: 'whether our credentials name website and logo even where there is none, as servers built on py_ocpi want it',
    choices: yesNo,
    byDefault: 'no',
  },
  {
    setting: 'isHub',
    flag: 'hub',
    what: 'whether they are a hub, which lists parties of others too',
    choices: yesNo,
    byDefault: 'no',
  },
];

/** A setting that is a list. */
interface Several {
  setting: Name;
  flag: string;
  /** The option that empties it. */
  none: string;
  what: string;
  whatNone: string;
  byDefault: string;
  read: (words: string[]) => unknown[];
}

export const severals: Several[] = [
  {
    setting: 'hubParties',
    flag: 'hub-party',
    none: 'hub-parties',
    what: 'a party that they speak for as a hub, such as DE ABC; may be repeated',
    whatNone: 'they speak for nobody but whom they announce',
    byDefault: 'none',
    read: parseParties,
  },
  {
    setting: 'expectedParties',
    flag: 'expected-party',
    none: 'expected-parties',
    what: 'a party that they may announce, such as DE ABC; may be repeated',
    whatNone: 'they may announce any party that is nobody else’s',
    byDefault: 'default: any that is nobody else’s',
    read: parseParties,
  },
  {
    setting: 'expectedRoles',
    flag: 'expected-role',
    none: 'expected-roles',
    what: 'a role in which they may announce their parties, the others count for nothing; may be repeated',
    whatNone: 'they may announce them as CPO and EMSP',
    byDefault: 'default: CPO and EMSP',
    read: (words) => words.reduce(peerRolesInto, []),
  },
  {
    setting: 'ownParties',
    flag: 'own-party',
    none: 'own-parties',
    what: 'a party of ours whose Tokens they get, such as NL LMS; may be repeated',
    whatNone: 'they get the Tokens of all parties of ours',
    byDefault: 'default: all',
    read: parseParties,
  },
  {
    setting: 'tokenTypes',
    flag: 'token-type',
    none: 'token-types',
    what: 'a type of Token that they get an authorization for; may be repeated',
    whatNone: 'they get one for all types',
    byDefault: 'default: all',
    read: (words) => words,
  },
];

const peerRolesInto = (before: ReturnType<typeof peerRolesOf>, word: string) => peerRolesOf(word, before);

/** @returns the name under which commander has the value of an option */
export const keyOf = (flag: string): string => flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The options by which settings are given to a peer; with `default` as a value that takes one back. */
export const settingOptions = (more: ['default'] | []): Option[] => [
  choice('--profile <name>', 'ready-made settings for known partners', Object.keys(profiles)),
  ...singles.map(({ flag, what, choices }) =>
    choices.length > 0
      ? choice(`--${flag} <answer>`, what, [...choices, ...more])
      : option(`--${flag} <ms>`, `${what}${more.length > 0 ? ', or default' : ''}`, milliseconds(more)),
  ),
  ...severals.filter(({ setting }) => setting === 'hubParties').map(toOption),
];

const milliseconds = (more: string[]) => (text: string) =>
  more.includes(text) ? text : wholeNumber(100, 20_000)(text);

const toOption = ({ flag, what }: Several): Option => option(`--${flag} <words...>`, what);

/** The options that only a peer that is there has. */
export const listOptions: Option[] = [
  ...severals.filter(({ setting }) => setting !== 'hubParties').map(toOption),
  ...severals.map(({ flag, none, whatNone }) => option(`--no-${none}`, whatNone).conflicts(keyOf(flag))),
];
