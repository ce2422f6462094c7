/** Readers of option values. What they refuse is a usage error. */
import { text as readText } from 'node:stream/consumers';
import { InvalidArgumentError } from 'commander';
import { OcpiError } from '../errors.ts';
import { credentialsToken as credentialsTokenSchema, type PartyRole, partyRole } from '../ocpi/credentials.ts';
import { check, fold, parseDateTime } from '../ocpi/values.ts';
import type { PartyId } from '../ocpi/versions.ts';
import { Failure } from './failure.ts';
import { columnNames, columnOf, type Defaults, readValue } from './import/columns.ts';
import type { Terminal } from './terminal.ts';

export const peerRoles = partyRole.options;

interface PeerParty extends PartyId {
  role: PartyRole;
}

const isPartyRole = (word: string): word is PartyRole => peerRoles.includes(word as PartyRole);

export function peerRole(text: string): PartyRole {
  const role = fold(text);
  if (!isPartyRole(role)) throw new InvalidArgumentError(`It is one of ${peerRoles.join(', ')}.`);
  return role;
}

export const peerRolesOf = (text: string, before: PartyRole[] = []): PartyRole[] => [...before, peerRole(text)];

/** @param max inclusive */
export const wholeNumber =
  (min: number, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? 'on' : `to ${max}`;
    throw new InvalidArgumentError(`It is a whole number from ${min} ${range}.`);
  };

/** Of an option that may be given often. */
export const repeated = (text: string, before: string[] = []): string[] => [...before, text];

export function instant(text: string): string {
  const value = parseDateTime(text);
  if (!value) throw new InvalidArgumentError('It is a DateTime in UTC such as 2026-01-31T23:59:59Z.');
  return value;
}

export const instantOrNever = (text: string): string => (text.toLowerCase() === 'never' ? 'never' : instant(text));

export const credentialsToken = (text: string): string => {
  if ('output' in check(credentialsTokenSchema, text, 'token')) return text;
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

/**
 * Reads what follows `--party`, given once or often: `DE DMS`, `DE-DMS`, or with a role of its own `CPO DE DMS`.
 * @param role of the parties that say none
 */
export function parseRoles(words: string[], role: PartyRole | undefined): PeerParty[] {
  const roles: PeerParty[] = [];
  const left = words
    .flatMap((word) => word.split(/[\s-]+/))
    .filter(Boolean)
    .map(fold);
  while (left.length > 0) {
    // A country code has two letters and no role has.
    const own = isPartyRole(left[0] as string) ? (left.shift() as PartyRole) : role;
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

export interface AllowedLocation {
  location_id: string;
  evse_uids?: string[];
}

/** @param text `LOC` or `LOC:EVSE,EVSE` */
export function allowedLocation(text: string, before: AllowedLocation[] = []): AllowedLocation[] {
  const [, location_id, evses] = /^([^:]{1,39})(?::(.+))?$/.exec(text) ?? [];
  const evse_uids = evses?.split(',');
  if (!location_id || evse_uids?.some((uid) => uid.length < 1 || uid.length > 39)) {
    throw new InvalidArgumentError('It is a location id, or one with EVSE uids such as LOC1:EVSE1,EVSE2.');
  }
  return [...before, { location_id, ...(evse_uids && { evse_uids }) }];
}

export interface DisplayText {
  language: string;
  text: string;
}

/** @param text LANGUAGE=TEXT */
export function displayText(text: string, before: DisplayText[] = []): DisplayText[] {
  const [, language, said] = /^([a-z]{2})=(.+)$/is.exec(text) ?? [];
  if (!language || !said) throw new InvalidArgumentError('It is LANGUAGE=TEXT such as en="Please call us".');
  return [...before, { language, text: said }];
}

/** @param text NAME=VALUE, where the name may be spelt as in a table */
export function memberOfTokens(text: string, before: Defaults = new Map()): Defaults {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  const column = columnOf(name);
  // With one uid for all that have none they would all be one Token.
  if (!column || column === 'uid') {
    const names = columnNames.filter((known) => known !== 'uid').join(', ');
    throw new InvalidArgumentError(`It is NAME=VALUE, and the name is one of ${names}.`);
  }
  if (before.has(column)) throw new InvalidArgumentError(`${column} is given twice.`);
  try {
    return new Map([...before, [column, readValue(column, value)]]);
  } catch (error) {
    if (error instanceof OcpiError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}
