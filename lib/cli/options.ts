/** Readers of option values. What they refuse is a usage error. */
import { text as readText } from 'node:stream/consumers';
import { InvalidArgumentError } from 'commander';
import type { AuthorizationSettings } from '../authorization.ts';
import { fold, parseDateTime } from '../ocpi/values.ts';
import type { PartyId } from '../ocpi/versions.ts';
import type { PeerParty, PeerRole } from '../peers/peer.ts';
import { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

export const peerRoles = ['CPO', 'EMSP', 'HUB', 'NAP', 'NSP', 'OTHER', 'SCSP'] as const satisfies PeerRole[];

const isPeerRole = (word: string): word is PeerRole => peerRoles.includes(word as PeerRole);

export function peerRole(text: string): PeerRole {
  const role = fold(text);
  if (!isPeerRole(role)) throw new InvalidArgumentError(`It is one of ${peerRoles.join(', ')}.`);
  return role;
}

/** @param max inclusive */
export const wholeNumber =
  (min: number, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? 'on' : `to ${max}`;
    throw new InvalidArgumentError(`It is a whole number from ${min} ${range}.`);
  };

export function instant(text: string): string {
  const value = parseDateTime(text);
  if (!value) throw new InvalidArgumentError('It is a DateTime in UTC such as 2026-01-31T23:59:59Z.');
  return value;
}

export const instantOrNever = (text: string): string => (text.toLowerCase() === 'never' ? 'never' : instant(text));

export const peerId = (text: string): string => {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError('It has 1 to 64 letters, digits, dots, dashes and underscores.');
};

export const credentialsToken = (text: string): string => {
  if (/^[\x21-\x7e]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('It has 1 to 64 printable ASCII characters and no blanks.');
};

/** @param text an option's value, or undefined if it was not given; - stands for standard input */
export async function givenToken(
  text: string | undefined,
  { stdin }: Pick<Terminal, 'stdin'>,
): Promise<string | undefined> {
  if (text !== '-') return text;
  try {
    return credentialsToken((await readText(stdin)).trim());
  } catch (error) {
    throw new Failure('usage', `No credentials token on standard input. ${(error as Error).message}`);
  }
}

/** What stands in the header of a request with this credentials token. */
export const authorizationOf = (token: string) => ({
  base64: `Token ${Buffer.from(token).toString('base64')}`,
  raw: `Token ${token}`,
});

/** Both forms, for people. */
export function authorizationLines(token: string): string[] {
  const { base64, raw } = authorizationOf(token);
  return [
    'Its requests to us carry one of these headers:',
    '',
    `  Authorization: ${base64}    (OCPI 2.2 and later)`,
    `  Authorization: ${raw}    (OCPI 2.1.1)`,
  ];
}

/**
 * Reads what follows `--party`, given once or often: `DE DMS`, `DE-DMS`, or with a role of its own `CPO DE DMS`.
 * @param role of the parties that say none
 */
export function parseRoles(words: string[], role: PeerRole | undefined): PeerParty[] {
  const roles: PeerParty[] = [];
  const left = words
    .flatMap((word) => word.split(/[\s-]+/))
    .filter(Boolean)
    .map(fold);
  while (left.length > 0) {
    // A country code has two letters and no role has.
    const own = isPeerRole(left[0] as string) ? (left.shift() as PeerRole) : role;
    const [country_code = '', party_id = ''] = left.splice(0, 2);
    if (!/^\w{2}$/.test(country_code) || !/^\w{3}$/.test(party_id)) {
      throw new Failure('usage', `"${`${country_code} ${party_id}`.trim()}" is not a party such as DE DMS`);
    }
    if (!own) throw new Failure('usage', `--role is missing: what is ${country_code} ${party_id}?`);
    roles.push({ role: own, country_code, party_id });
  }
  return roles;
}

/** As `parseRoles`; the roles, if there are any, say nothing here. */
export const parseParties = (words: string[]): PartyId[] =>
  parseRoles(words, 'EMSP').map(({ country_code, party_id }) => ({ country_code, party_id }));

export function parseParty(words: string[]): PartyId {
  const [party, ...others] = parseParties(words);
  if (!party || others.length > 0) throw new Failure('usage', '--party takes one party such as NL LMS');
  return party;
}

export type AllowedLocation = NonNullable<AuthorizationSettings['allowedLocations']>[number];

/** @param text `LOC` or `LOC:EVSE,EVSE` */
export function allowedLocation(text: string, before: AllowedLocation[] = []): AllowedLocation[] {
  const [, location_id, evses] = /^([^:]{1,39})(?::(.+))?$/.exec(text) ?? [];
  const evse_uids = evses?.split(',');
  if (!location_id || evse_uids?.some((uid) => uid.length < 1 || uid.length > 39)) {
    throw new InvalidArgumentError('It is a location id, or one with EVSE uids such as LOC1:EVSE1,EVSE2.');
  }
  return [...before, { location_id, ...(evse_uids && { evse_uids }) }];
}

/** The examples below a command's help. */
export const examples = (program: string, lines: string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${program} ${line}`).join('\n')}`;
