/** What is set for a peer, as options: each row is a setting of the API. */
import type { Option } from 'commander';
import type { PartyId } from '../ocpi/versions.ts';
import { profiles } from '../peers/profiles.ts';
import type { PeerSettings } from '../peers/settings.ts';
import { choice, option } from './command.ts';
import { Failure } from './failure.ts';
import { parseParties, peerRolesOf, wholeNumber } from './options.ts';

type Name = keyof PeerSettings;

/** A setting of one value. */
interface Single {
  setting: Name;
  /** Without its dashes. */
  flag: string;
  what: string;
  choices: readonly string[];
  /** Of a number: the least and the most, both inclusive. */
  range?: [min: number, max: number];
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
    what: 'how many milliseconds they may take for a request',
    choices: [],
    range: [100, 20_000],
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
  {
    setting: 'rotateEveryDays',
    flag: 'rotate-every',
    what: 'how often tokens are exchanged with them by schedule, in days',
    choices: [],
    range: [1, 366],
    byDefault: 'never',
  },
  {
    setting: 'incomingPerSecond',
    flag: 'incoming-per-second',
    what: 'how many requests of a kind they may send in a second, over ten seconds',
    choices: [],
    range: [1, 10_000],
    byDefault: '100',
  },
  {
    setting: 'pushes',
    flag: 'pushes',
    what: 'whether our Tokens are pushed to them',
    choices: yesNo,
    byDefault: 'yes, if they take them',
  },
  {
    setting: 'sendsNullMembers',
    flag: 'null-members',
    what: 'whether a Token that is pushed names its optional members even where there is none, as servers built on py_ocpi want it',
    choices: yesNo,
    byDefault: 'no',
  },
  {
    setting: 'sendsTokenType',
    flag: 'token-type-too',
    what: 'whether the type of a Token stands in the URL as token_type too, as servers built on py_ocpi want it',
    choices: yesNo,
    byDefault: 'no',
  },
  {
    setting: 'addressesHub',
    flag: 'addresses-hub',
    what: 'whether a question about a card names the hub itself as OCPI-to, and not the owner',
    choices: yesNo,
    byDefault: 'no',
  },
  {
    setting: 'pushesAtOnce',
    flag: 'pushes-at-once',
    what: 'how many pushes may be under way at once',
    choices: [],
    range: [1, 50],
    byDefault: '4',
  },
  {
    setting: 'pushesPerSecond',
    flag: 'pushes-per-second',
    what: 'how many pushes may begin in a second',
    choices: [],
    range: [1, 1_000],
    byDefault: '20',
  },
  {
    setting: 'pulls',
    flag: 'pulls',
    what: 'whether their Tokens are pulled',
    choices: yesNo,
    byDefault: 'yes, if they list them',
  },
  {
    setting: 'pullEveryMinutes',
    flag: 'pull-every',
    what: 'how often what has changed is pulled, in minutes',
    choices: [],
    range: [1, 10_080],
    byDefault: '60',
  },
  {
    setting: 'pullAllEveryDays',
    flag: 'pull-all-every',
    what: 'how often all is pulled, in days',
    choices: [],
    range: [1, 366],
    byDefault: '30',
  },
  {
    setting: 'pullLimit',
    flag: 'pull-limit',
    what: 'how many Tokens a page is asked for',
    choices: [],
    range: [1, 10_000],
    byDefault: 'as many as they like',
  },
  {
    setting: 'pullMissing',
    flag: 'pull-missing',
    what: 'what becomes of Tokens that they list no more when all is pulled',
    choices: ['report', 'invalidate', 'invalidate-all'],
    byDefault: 'report',
  },
  {
    setting: 'askUnknown',
    flag: 'ask-unknown',
    what: 'their place among those that are asked about a uid that nobody has told us',
    choices: [],
    range: [1, 1_000],
    byDefault: 'not asked',
  },
  {
    setting: 'decidesAllowed',
    flag: 'decides-allowed',
    what: 'who decides on a Token whose whitelist is ALLOWED: our copy, or they, who are asked',
    choices: ['copy', 'peer'],
    byDefault: 'copy',
  },
  {
    setting: 'demandsLocation',
    flag: 'demands-location',
    what: 'what they demand of the location in a question',
    choices: ['location', 'one-evse'],
    byDefault: 'nothing',
  },
  {
    setting: 'remembersAnswerSeconds',
    flag: 'remember-answers',
    what: 'how many seconds an answer of theirs about a card is remembered',
    choices: [],
    range: [1, 86_400],
    byDefault: 'not at all',
  },
  {
    setting: 'ignoresLeadingZeros',
    flag: 'ignore-zeros',
    what: 'whether uids that differ in leading zeros only are the same card',
    choices: yesNo,
    byDefault: 'no',
  },
  {
    setting: 'hasOwnMetrics',
    flag: 'own-metrics',
    what: 'whether they are measured by themselves, which costs by the month, or with all others',
    choices: yesNo,
    byDefault: 'the first 20 peers are',
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
    what: 'a type of Token that they are pushed, and get an authorization for; may be repeated',
    whatNone: 'they get all types, EMAID excepted in pushes',
    byDefault: 'default: all',
    read: (words) => words,
  },
  {
    setting: 'pullParties',
    flag: 'pull-party',
    none: 'pull-parties',
    what: 'a party of theirs that is asked for its Tokens by itself, such as DE ABC; may be repeated',
    whatNone: 'they are asked once, for all',
    byDefault: 'default: they are asked once, for all',
    read: parseParties,
  },
  {
    setting: 'ownersByIssuer',
    flag: 'owner-by-issuer',
    none: 'owners-by-issuer',
    what: 'whose the Tokens of an issuer are that name no owner, such as "Good Charging=DE ABC"; may be repeated',
    whatNone: 'Tokens that name no owner are refused',
    byDefault: 'none',
    read: (words) => words.map(issuerOf),
  },
];

/** @throws Failure for what is not like `ISSUER=DE ABC` */
function issuerOf(word: string): { issuer: string } & PartyId {
  const [, issuer, party] = /^(.+)=([^=]+)$/.exec(word) ?? [];
  const [owner, ...others] = party === undefined ? [] : parseParties([party]);
  if (issuer && owner && others.length === 0) return { issuer, ...owner };
  throw new Failure('usage', `"${word}" is not like "Good Charging=DE ABC"`);
}

const peerRolesInto = (before: ReturnType<typeof peerRolesOf>, word: string) => peerRolesOf(word, before);

/** @returns the name under which commander has the value of an option */
export const keyOf = (flag: string): string => flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The options by which settings are given to a peer; with `default` as a value that takes one back. */
export const settingOptions = (more: ['default'] | []): Option[] => [
  choice('--profile <name>', 'ready-made settings for known partners', Object.keys(profiles)),
  ...singles.map((single) => toSingleOption(single, more)),
  ...severals.filter(({ setting }) => setting === 'hubParties').map(toOption),
];

function toSingleOption({ flag, what, choices, range }: Single, more: string[]): Option {
  if (!range) return choice(`--${flag} <answer>`, what, [...choices, ...more]);
  const [min, max] = range;
  const words = `${what}, ${min} to ${max}${more.length > 0 ? ', or default' : ''}`;
  return option(`--${flag} <number>`, words, (text) => (more.includes(text) ? text : wholeNumber(min, max)(text)));
}

const toOption = ({ flag, what }: Several): Option => option(`--${flag} <words...>`, what);

/** The options that only a peer that is there has. */
export const listOptions: Option[] = [
  ...severals.filter(({ setting }) => setting !== 'hubParties').map(toOption),
  ...severals.map(({ flag, none, whatNone }) => option(`--no-${none}`, whatNone).conflicts(keyOf(flag))),
];
