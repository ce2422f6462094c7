/**
 * The place at which a walk over our own Tokens goes on, as text for `next` and `after`: the first ordinal that no page has examined,
 * what the first page counted, and where in front of us there is something to find.
 */

/** How much of a segment matches the walk's filter. */
export const densities = ['none', 'few', 'some', 'many'] as const;
export type Density = (typeof densities)[number];

export interface Place {
  /** The first ordinal that was not examined yet. */
  from: number;
  /** How many Tokens there were when the walk began. */
  counter: number;
  /** Only of a filtered walk. */
  filtered?: {
    /** How many matched when the walk began. */
    total: number;
    /** Of the segments from that of `from` on, as far as it is known. */
    densities: Density[];
  };
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const perCharacter = 3;
/** Of 18 million Tokens; the segments behind them are asked as they come. */
const maxDensities = 900;

const format = /^(\d{1,15})\.(\d{1,15})(?:\.(\d{1,15})\.([A-Za-z0-9_-]{0,300}))?$/;

/** @returns at most 400 printable ASCII characters */
export function encodePlace({ from, counter, filtered }: Place): string {
  if (!filtered) return `${from}.${counter}`;
  const known = filtered.densities.slice(0, maxDensities);
  const characters = Array.from({ length: Math.ceil(known.length / perCharacter) }, (_, i) => {
    // What fills up the last character says `few`, which is looked at and never passed over.
    const codes = Array.from({ length: perCharacter }, (_, j) =>
      densities.indexOf(known[i * perCharacter + j] ?? 'few'),
    );
    return alphabet[codes.reduce((sum, code) => sum * densities.length + code, 0)];
  });
  return `${from}.${counter}.${filtered.total}.${characters.join('')}`;
}

/** @returns undefined for what `encodePlace` has not made */
export function decodePlace(text: string | undefined): Place | undefined {
  const [, from, counter, total, characters] = format.exec(text ?? '') ?? [];
  if (from === undefined || counter === undefined) return undefined;
  const place = { from: Number(from), counter: Number(counter) };
  if (total === undefined || characters === undefined) return place;
  const decoded = Array.from(characters).flatMap((character) => {
    const value = alphabet.indexOf(character);
    return [value >> 4, (value >> 2) & 3, value & 3].map((code) => densities[code] as Density);
  });
  return { ...place, filtered: { total: Number(total), densities: decoded } };
}
