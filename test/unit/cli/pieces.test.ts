import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementsOf, linesOf, type Piece } from '../../../lib/cli/import/pieces.ts';

async function* stream(chunks: string[]): AsyncGenerator<string> {
  yield* chunks;
}

async function all(pieces: AsyncIterable<Piece>): Promise<Piece[]> {
  const list: Piece[] = [];
  for await (const piece of pieces) list.push(piece);
  return list;
}

const textsOf = (pieces: Piece[]) => pieces.map((piece) => ('text' in piece ? piece.text.trim() : piece.problem));

/** Cuts a text into chunks of these lengths, over and over. */
function cut(text: string, lengths: number[]): string[] {
  const chunks: string[] = [];
  for (let at = 0, i = 0; at < text.length; i += 1) {
    const length = lengths[i % lengths.length] ?? 1;
    chunks.push(text.slice(at, at + length));
    at += length;
  }
  return chunks;
}

const chunkLengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
const tooLong = 'is longer than 100000 characters';

describe('lines', () => {
  test('have the number that an editor shows; blank ones count and are left out', async () => {
    const pieces = await all(linesOf(stream(['a\n\n', '  \t\r\nb', 'c\n'])));
    expect(pieces).toEqual([
      { number: 1, text: 'a' },
      { number: 4, text: 'bc' },
    ]);
  });

  test('keep the white space that may be an empty value', async () => {
    expect(await all(linesOf(stream(['a\t\t\n'])))).toEqual([{ number: 1, text: 'a\t\t' }]);
  });

  test('do not depend on where the chunks end', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', ' ', '"', '😀', ',') });
    const ended = fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r'));
    await fc.assert(
      fc.asyncProperty(fc.array(ended), line, chunkLengths, async (lines, last, lengths) => {
        // An empty line after a CR that ends with LF would be a CRLF; a blank keeps the two apart.
        const texts = [...lines.map(([text]) => text || ' '), last];
        const whole = texts.map((text, i) => text + (lines[i]?.[1] ?? '')).join('');
        const expected = texts.map((text, i) => ({ number: i + 1, text })).filter(({ text }) => text.trim() !== '');
        expect(await all(linesOf(stream(cut(whole, lengths))))).toEqual(expected);
      }),
    );
  });

  test('that are huge are reported, not kept, and spoil no other', async () => {
    const part = 'x'.repeat(40_000);
    const pieces = await all(linesOf(stream(['a\n', part, part, part, part, '\nb'])));
    expect(pieces).toEqual([
      { number: 1, text: 'a' },
      { number: 2, problem: tooLong },
      { number: 3, text: 'b' },
    ]);
  });
});

describe('elements of a JSON array', () => {
  test('are those of JSON.parse, wherever the chunks end', async () => {
    const troublesome = fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', 'a', '\n', '😀') });
    const element = fc.oneof(troublesome, fc.jsonValue(), fc.record({ uid: troublesome, list: fc.array(troublesome) }));
    await fc.assert(
      fc.asyncProperty(fc.array(element), fc.constantFrom(0, 2), chunkLengths, async (array, indent, lengths) => {
        const pieces = await all(elementsOf(stream(cut(` ${JSON.stringify(array, null, indent)}\n`, lengths))));
        expect(pieces.map(({ number }) => number)).toEqual(array.map((_, i) => i + 1));
        expect(textsOf(pieces).map((text) => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(array)));
      }),
    );
  });

  test('that are not JSON are cut out and spoil no other', async () => {
    const text = '[{"a":1}, {"a":oops}, , {"b":2] , {} {}, 3]';
    expect(textsOf(await all(elementsOf(stream([text]))))).toEqual([
      '{"a":1}',
      '{"a":oops}',
      '',
      '{"b":2]',
      '{} {}',
      '3',
    ]);
  });

  test('end where the array is cut off', async () => {
    expect(await all(elementsOf(stream(['[1, 2, {"a'])))).toEqual([
      { number: 1, text: '1' },
      { number: 2, text: ' 2' },
      { number: 3, problem: 'is cut off: the array does not end', losesRest: true },
    ]);
  });

  test('end with the array, and what stands behind it is reported', async () => {
    expect(textsOf(await all(elementsOf(stream(['[1] ', '\n']))))).toEqual(['1']);
    for (const chunks of [['[1]\n[2]'], ['[1]', '\n', '[2]\n[3]']]) {
      expect(await all(elementsOf(stream(chunks)))).toEqual([
        { number: 1, text: '1' },
        { number: 2, problem: 'is not part of the array, which ends before it', losesRest: true },
      ]);
    }
  });

  test('that are huge are reported, not kept, and spoil no other', async () => {
    const part = 'x'.repeat(40_000);
    const pieces = await all(elementsOf(stream(['[1,"', part, part, part, '",2]'])));
    expect(pieces).toEqual([
      { number: 1, text: '1' },
      { number: 2, problem: tooLong },
      { number: 3, text: '2' },
    ]);
  });
});
