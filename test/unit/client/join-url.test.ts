import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinUrl } from '../../../lib/client/join-url.ts';

it.each([
  ['https://example.com/tokens', 'https://example.com/tokens/NL/TNM'],
  ['https://example.com/tokens/', 'https://example.com/tokens/NL/TNM'],
  ['https://example.com/tokens//', 'https://example.com/tokens/NL/TNM'],
  ['https://example.com', 'https://example.com/NL/TNM'],
  ['https://example.com:8443/tokens/?tenant=1', 'https://example.com:8443/tokens/NL/TNM?tenant=1'],
])('joins to %s with exactly one slash (TRN-31)', (base, joined) => expect(joinUrl(base, 'NL', 'TNM')).toBe(joined));

it('ends in a slash if the last segment is empty', () =>
  expect(joinUrl('https://example.com/tokens', 'NL', '')).toBe('https://example.com/tokens/NL/'));

it.each([
  ['a/b', 'a%2Fb'],
  ['a?b', 'a%3Fb'],
  ['a#b', 'a%23b'],
  ['a%2Fb', 'a%252Fb'],
  ['a b', 'a%20b'],
  ['a+b', 'a%2Bb'],
  ['a\\b', 'a%5Cb'],
  ['..;', '..%3B'],
  ['%2e%2e', '%252e%252e'],
])('percent-encodes %s (TRN-31)', (segment, encoded) =>
  expect(joinUrl('https://example.com/tokens', segment)).toBe(`https://example.com/tokens/${encoded}`),
);

it.each(['.', '..'])('refuses %s, which would lead elsewhere (CRED-14)', (segment) =>
  expect(() => joinUrl('https://example.com/tokens', 'NL', segment)).toThrow(
    expect.objectContaining({ kind: 'forbidden-url' }),
  ),
);

it('refuses a base that is not absolute', () =>
  expect(() => joinUrl('/tokens', 'NL')).toThrow(expect.objectContaining({ kind: 'forbidden-url' })));

it('whatever the segments are, they come out as they went in, below the base (TRN-31)', () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ minLength: 1, unit: 'grapheme-ascii' }).filter((segment) => !/^\.\.?$/.test(segment)),
        { minLength: 1 },
      ),
      (segments) => {
        const { origin, pathname, search, hash } = new URL(joinUrl('https://example.com/tokens/', ...segments));
        expect([origin, search, hash]).toEqual(['https://example.com', '', '']);
        expect(pathname.split('/').slice(2).map(decodeURIComponent)).toEqual(segments);
      },
    ),
  ));
