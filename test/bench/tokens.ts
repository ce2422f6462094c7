/** Tokens by number: always the same, of the usual size, and scattered over time as updates scatter them. */
import type { Token } from '../../lib/ocpi/token.ts';
import type { PartyId } from '../../lib/ocpi/versions.ts';

/** Our own EMSP party. */
export const ownParty: PartyId = { country_code: 'NL', party_id: 'LMS' };

/** Odd, so that multiplying permutes the numbers of any count of bits. */
const spreader = 0x9e37_79b1n;
const uidBits = 56;

/** As a reader shows it: fourteen hexadecimal digits that say nothing of when the card was made. */
export const uidOf = (number: number): string =>
  BigInt.asUintN(uidBits, BigInt(number + 1) * spreader * 0x1_0001n)
    .toString(16)
    .toUpperCase()
    .padStart(uidBits / 4, '0');

/** As it is printed on a card: ten digits in no order either. */
const printedOf = (number: number): string => String(Math.imul(number + 1, 0x85eb_ca6b) >>> 0).padStart(10, '0');

const begin = Date.UTC(2026, 0, 1);
const prime = 7_919;

/** The rank of a Token among `of` by `last_updated`, which has nothing to do with the order of creation. */
export const rankOf = (number: number, of: number): number => (number * prime) % of;

export const lastUpdatedOfRank = (rank: number): string => new Date(begin + rank * 1000).toISOString();

/** @param of how many Tokens there are; no multiple of 7919, and the ranks of all of them differ */
export function tokenOfNumber(number: number, of: number): Token {
  const digits = String(number).padStart(9, '0');
  return {
    ...ownParty,
    uid: uidOf(number),
    type: number % 10 === 9 ? 'APP_USER' : 'RFID',
    contract_id: `NL-LMS-C${digits}`,
    visual_number: `LMS ${printedOf(number)}`,
    issuer: 'Lumen Mobility Services',
    ...(number % 5 === 0 && { group_id: `NL-LMS-FLEET-${number % 97}` }),
    valid: number % 20 !== 0,
    whitelist: number % 2 === 0 ? 'ALLOWED' : 'ALWAYS',
    language: 'nl',
    last_updated: lastUpdatedOfRank(rankOf(number, of)),
  };
}

const contractNumber = /^NL-LMS-C(\d{9})/;

export const numberOf = ({ contract_id }: Pick<Token, 'contract_id'>): number =>
  Number(contractNumber.exec(contract_id)?.[1]);

/** Every field, as long as OCPI lets it be, of the characters that take the most bytes. */
export function largestToken(number: number): Token {
  const widest = '🔌'.repeat(64);
  const quotes = '"'.repeat(36);
  const digits = String(number).padStart(9, '0');
  return {
    ...ownParty,
    uid: `${digits}${quotes}`.slice(0, 36),
    type: quotes,
    contract_id: `NL-LMS-C${digits}${quotes}`.slice(0, 36),
    visual_number: widest,
    issuer: widest,
    group_id: quotes,
    valid: false,
    whitelist: 'ALLOWED_OFFLINE',
    language: 'nl',
    default_profile_type: 'REGULAR',
    energy_contract: { supplier_name: widest, contract_id: widest },
    last_updated: lastUpdatedOfRank(number),
  };
}
