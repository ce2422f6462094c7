/** Warns of Tokens that may come in but can hardly be meant. */
import { hash } from 'node:crypto';
import { knownTokenTypes } from '../../ocpi/token.ts';
import { fold, isObject } from '../../ocpi/values.ts';

/** What spreadsheets make of long numbers, and of hexadecimal ones such as 45E11. With its sign it is no card. */
const scientific = /^\d+(?:[.,]\d+)?E[+-]\d+$/i;
const namesOfCards = ['uid', 'contract_id', 'visual_number', 'group_id'] as const;

const dayMs = 24 * 3600 * 1000;

/** Of so many Tokens it is known that they were there already. */
export const mostRemembered = 1_000_000;

/**
 * @param unit what the numbers count: lines, or elements
 * @returns what to say of a Token, given those before it; `number` is where it stands
 */
export function createWarnings(
  unit: string,
  now: () => Date,
): (number: number, item: Record<string, unknown>) => string[] {
  const remember = createMemory(mostRemembered);
  return (number, item) => {
    const text = (name: string) => spell(item[name]);
    const numbers = namesOfCards.filter((name) => scientific.test(text(name)));
    const warnings = numbers.map((name) => `${name} ${text(name)} is a number as a spreadsheet rounds it, and no card`);
    if (!knownTokenTypes.some((known) => known === item.type)) {
      warnings.push(`type ${text('type')} is in no version of OCPI (${knownTokenTypes.join(', ')})`);
    }
    if (isObject(item.settings) && item.settings.erasing !== undefined) {
      warnings.push(`${text('type')} ${text('uid')} was being erased, which has to be asked for again: tokens erase`);
    }
    if (Date.parse(text('last_updated')) > now().getTime() + dayMs) {
      warnings.push(`last_updated ${text('last_updated')} is far in the future`);
    }
    const before = remember(`${fold(text('uid'))} ${text('type')}`, number);
    if (before !== undefined) warnings.push(`${text('type')} ${text('uid')} stands in ${unit} ${before} already`);
    return warnings;
  };
}

/**
 * Remembers where texts stood first, in bounded memory: 12 bytes for each of twice as many as it holds, at any length of theirs.
 * Two texts are taken for one with a probability of less than one in ten million.
 * @param most how many it remembers; later ones are only compared
 * @returns a function that says where a text stood before, if it did
 */
export function createMemory(most: number): (text: string, number: number) => number | undefined {
  const slots = 2 ** Math.ceil(Math.log2(2 * most));
  const [high, low] = [new Uint32Array(slots), new Uint32Array(slots)];
  /** From 1 on; 0 is a free slot. */
  const numbers = new Uint32Array(slots);
  let remembered = 0;
  return (text, number) => {
    // As text, because a million buffers are much memory until they are collected.
    const digest = hash('sha256', text, 'hex');
    const first = Number.parseInt(digest.slice(0, 8), 16);
    const second = Number.parseInt(digest.slice(8, 16), 16);
    let slot = second % slots;
    while (numbers[slot] !== 0) {
      if (high[slot] === first && low[slot] === second) return numbers[slot];
      slot = (slot + 1) % slots;
    }
    if (remembered < most) {
      remembered += 1;
      high[slot] = first;
      low[slot] = second;
      numbers[slot] = number;
    }
    return undefined;
  };
}

/** A member as it stands in the file, whatever it should have been. */
export const spell = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
