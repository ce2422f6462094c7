/** The members of a Token as the columns of a table, and values for those that a file does not have. */
import type * as v from 'valibot';
import { energyContract, tokenEntries } from '../../ocpi/token.ts';
import { decode, isObject } from '../../ocpi/values.ts';

const contractPrefix = 'energy_contract.';

const { energy_contract, ...members } = tokenEntries;
const [, , contract] = energyContract.pipe;

const schemas = new Map<string, v.GenericSchema>([
  ...Object.entries(members),
  ...Object.entries(contract.entries).map(([name, schema]) => [`${contractPrefix}${name}`, schema] as const),
]);

export const columnNames = [...schemas.keys()];

const folded = (name: string): string => name.replace(/[\s_-]/g, '').toLowerCase();
const columns = new Map(columnNames.map((name) => [folded(name), name]));

/** @returns the column that a name means in any spelling (`Contract ID`, `contract_id`), or undefined if no Token has it */
export const columnOf = (name: string): string | undefined => columns.get(folded(name));

/** Those of the owner may be missing: it may be clear who that is. So may last_updated, which hardly a spreadsheet has: it is then now. */
export const neededColumns = ['uid', 'type', 'contract_id', 'issuer', 'valid', 'whitelist'];

const booleans = new Map([
  ['true', true],
  ['false', false],
]);

/** A spreadsheet writes TRUE; what is neither is left for the schema to refuse. */
const typed = (column: string, text: string): unknown =>
  column === 'valid' ? (booleans.get(text.toLowerCase()) ?? text) : text;

/**
 * @param columns what each of the texts is; undefined is none of a Token's
 * @returns what would be the Token in JSON; an empty text is an absent member
 */
export function objectOf(columns: (string | undefined)[], texts: string[]): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const contract: Record<string, string> = {};
  columns.forEach((column, i) => {
    const text = texts[i] ?? '';
    if (text === '' || column === undefined) return;
    if (column.startsWith(contractPrefix)) contract[column.slice(contractPrefix.length)] = text;
    else value[column] = typed(column, text);
  });
  return Object.keys(contract).length > 0 ? { ...value, energy_contract: contract } : value;
}

/** Values by column, for where a file has none. */
export type Defaults = ReadonlyMap<string, unknown>;

/**
 * @param column one of `columnNames`
 * @returns the value as a Token has it
 * @throws OcpiError that says what it should be
 */
export const readValue = (column: string, text: string): unknown =>
  decode(schemas.get(column) as v.GenericSchema, typed(column, text), column);

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '';

/** @returns what would be the Token, with these values for members that are missing or empty */
export function withDefaults(value: unknown, defaults: Defaults): unknown {
  if (!isObject(value) || defaults.size === 0) return value;
  const filled = { ...value };
  for (const [column, given] of defaults) {
    if (column.startsWith(contractPrefix)) fillContract(filled, column.slice(contractPrefix.length), given);
    else if (isEmpty(filled[column])) filled[column] = given;
  }
  return filled;
}

function fillContract(token: Record<string, unknown>, member: string, given: unknown): void {
  const contract = isEmpty(token.energy_contract) ? {} : token.energy_contract;
  // What is no contract at all is left for the schema to refuse.
  if (isObject(contract) && isEmpty(contract[member])) token.energy_contract = { ...contract, [member]: given };
}
