/** Every way of paging that there is (docs/requirements.md: Lists): which page comes next. */
import { describe, expect, test } from 'vitest';
import { followLink, nextIn } from '../../../lib/sync/pull/link.ts';
import { nextPage, type Page } from '../../../lib/sync/pull/next-page.ts';

const endpoint = 'https://emsp.example/ocpi/2.2.1/tokens/';

const page = (overrides: Partial<Page> = {}): Page => ({
  endpoint,
  url: endpoint,
  offset: 0,
  hasLinks: false,
  isRepeated: false,
  objects: 100,
  headers: {},
  ...overrides,
});

const to = (url: string, offset: number) => ({ is: 'page', url, offset });
const link = (target: string) => ({ link: `<${target}>; rel="next"` });

describe('the Link header', () => {
  test.each([
    ['as OCPI has it', '<https://a/t?offset=1>; rel="next"', 'https://a/t?offset=1'],
    ['without a blank', '<https://a/t>;rel="next"', 'https://a/t'],
    ['unquoted', '<https://a/t>; rel=next', 'https://a/t'],
    ['in another letter case', '<https://a/t>; REL="Next"', 'https://a/t'],
    ['with blanks around the sign', '<https://a/t> ; rel = "next"', 'https://a/t'],
    ['with other parameters before and behind', '<https://a/t>; title="a; b, <c>"; rel="next"; type=x', 'https://a/t'],
    ['with several relations', '<https://a/t>; rel="last next"', 'https://a/t'],
    [
      'among several links',
      '<https://a/1>; rel="prev", <https://a/3>; rel="next", <https://a/9>; rel="last"',
      'https://a/3',
    ],
    ['with commas in its target', '<https://a/t?x=1,2>; rel="next"', 'https://a/t?x=1,2'],
    ['relative', '<?offset=1>; rel="next"', '?offset=1'],
    ['of another relation only', '<https://a/t>; rel="prev"', undefined],
    ['of a relation that only begins so', '<https://a/t>; rel="nextish"', undefined],
    ['without a relation', '<https://a/t>', undefined],
    ['of nonsense', 'next: https://a/t', undefined],
    ['that is empty', '', undefined],
  ])('is read %s (LIST-05)', (_how, header, expected) => {
    expect(nextIn(header)).toBe(expected);
  });

  test('of the longest size that Node lets in is read in no time', () => {
    expect(nextIn(`<a>${'; x'.repeat(5_000)}${'<a>; rel'.repeat(500)}`)).toBeUndefined();
  });
});

describe('where a Link leads', () => {
  const from = `${endpoint}?offset=0`;
  test.each([
    ['to the endpoint, as it is', `${endpoint}?offset=100&limit=100&x=%20`, `${endpoint}?offset=100&limit=100&x=%20`],
    [
      'without the slash at the end',
      'https://emsp.example/ocpi/2.2.1/tokens?offset=1',
      'https://emsp.example/ocpi/2.2.1/tokens?offset=1',
    ],
    ['below the endpoint', `${endpoint}page/2`, `${endpoint}page/2`],
    ['by its query alone', '?offset=100', `${endpoint}?offset=100`],
    ['by its path alone', '/ocpi/2.2.1/tokens/?offset=100', `${endpoint}?offset=100`],
    ['to another scheme, and stays', 'http://emsp.example/ocpi/2.2.1/tokens/?offset=1', `${endpoint}?offset=1`],
    [
      'to another host with the same path, and stays',
      'https://internal:8080/ocpi/2.2.1/tokens?offset=1',
      `${endpoint}?offset=1`,
    ],
    ['to a path without what a proxy adds, and stays', 'http://internal/2.2.1/tokens?offset=1', `${endpoint}?offset=1`],
    [
      'to a path with what a proxy takes, and stays',
      'http://internal/prod/ocpi/2.2.1/tokens?offset=1',
      `${endpoint}?offset=1`,
    ],
    [
      'with a name and a password, and leaves them',
      'https://me:secret@emsp.example/ocpi/2.2.1/tokens/?offset=1',
      `${endpoint}?offset=1`,
    ],
    ['with a fragment, and leaves it', `${endpoint}?offset=1#x`, `${endpoint}?offset=1`],
    ['to another path of the host', 'https://emsp.example/admin?offset=1', undefined],
    ['to a path that only begins so', 'https://emsp.example/ocpi/2.2.1/tokens-of-others?offset=1', undefined],
    ['to another host and path', 'https://evil.example/x?offset=1', undefined],
    ['to the root of another host', 'https://evil.example/?offset=1', undefined],
    ['to what is no page', 'file:///ocpi/2.2.1/tokens/', undefined],
    ['to what is no URL', 'https://[', undefined],
    ['further than we can ask', `${endpoint}?cursor=${'x'.repeat(2_100)}`, undefined],
  ])('%s (LIST-16)', (_where, target, expected) => {
    expect(followLink(target, from, endpoint)).toBe(expected);
  });

  test('what the endpoint’s own query says stays', () => {
    expect(followLink('http://internal/t?offset=1', 'https://a/t?key=k', 'https://a/t?key=k')).toBe(
      'https://a/t?key=k&offset=1',
    );
  });
});

describe('the next page', () => {
  test.each<[string, Partial<Page>, object]>([
    ['is where Link leads', { headers: link(`${endpoint}?offset=100`) }, to(`${endpoint}?offset=100`, 100)],
    ['is counted on where Link names no offset', { headers: link('?cursor=abc') }, to(`${endpoint}?cursor=abc`, 100)],
    [
      'is none behind the last that is linked, whatever the total says',
      { hasLinks: true, offset: 100, objects: 97, headers: { 'x-total-count': '200' } },
      { is: 'end', total: 200 },
    ],
    [
      'is counted by total alone',
      { headers: { 'x-total-count': '250' }, offset: 100 },
      to(`${endpoint}?offset=200`, 200),
    ],
    ['is none behind the total', { headers: { 'x-total-count': '200' }, offset: 100 }, { is: 'end', total: 200 }],
    [
      'keeps the filter and the limit',
      { url: `${endpoint}?date_from=2026-01-01&limit=7`, objects: 7, headers: { 'x-total-count': '9' } },
      to(`${endpoint}?date_from=2026-01-01&limit=7&offset=7`, 7),
    ],
    [
      'is counted by what came and not by what was asked',
      { limit: 500, headers: { 'x-total-count': '250' } },
      to(`${endpoint}?offset=100`, 100),
    ],
    [
      'is asked for by X-Limit alone while pages are full',
      { headers: { 'x-limit': '100' } },
      to(`${endpoint}?offset=100`, 100),
    ],
    [
      'is none by X-Limit alone behind a page that is not',
      { objects: 99, headers: { 'x-limit': '100' } },
      { is: 'end', total: undefined },
    ],
    [
      'is asked for without any header if there were as many as asked',
      { limit: 100 },
      to(`${endpoint}?offset=100`, 100),
    ],
    ['is none if there were fewer', { limit: 101 }, { is: 'end', total: undefined }],
    ['is none if a server gives all at once', {}, { is: 'end', total: undefined }],
    ['is none behind an empty page', { objects: 0, headers: { 'x-total-count': '5' } }, { is: 'end', total: 5 }],
    [
      'is linked behind an empty page too',
      { objects: 0, headers: link('?offset=100') },
      to(`${endpoint}?offset=100`, 100),
    ],
    ['is none where offset is ignored', { limit: 100, isRepeated: true }, { is: 'end', total: undefined }],
    [
      'is not asked for where offset is ignored, though there is more',
      { isRepeated: true, headers: { 'x-total-count': '500' } },
      { is: 'stop', why: 'offset is ignored', total: 500 },
    ],
    [
      'is not asked for elsewhere',
      { headers: link('https://evil.example/') },
      { is: 'stop', why: 'the Link leads elsewhere', total: undefined },
    ],
    [
      'is counted where Link leads elsewhere and the total is known',
      { headers: { ...link('https://evil.example/'), 'x-total-count': '150' } },
      to(`${endpoint}?offset=100`, 100),
    ],
    [
      'is not where Link leads back',
      { offset: 200, headers: link('?offset=200') },
      { is: 'stop', why: 'the Link leads back', total: undefined },
    ],
    [
      'leaves none out where a limit is capped and Link counts on as if it were not',
      { limit: 1_000, headers: { ...link('?offset=1000&limit=1000'), 'x-limit': '100' } },
      to(`${endpoint}?offset=100&limit=1000`, 100),
    ],
    [
      'is where Link says if a page has gaps',
      { objects: 97, headers: { ...link('?offset=100'), 'x-limit': '100' } },
      to(`${endpoint}?offset=100`, 100),
    ],
    [
      'is a page earlier when the total has shrunk (LIST-13)',
      {
        url: `${endpoint}?offset=300`,
        offset: 300,
        total: 500,
        headers: { 'x-total-count': '499', ...link('?offset=400') },
      },
      { ...to(`${endpoint}?offset=200`, 200), total: 499, isBack: true },
    ],
    [
      'is as much earlier as the total has shrunk, if that is more',
      { url: `${endpoint}?offset=300`, offset: 300, total: 500, headers: { 'x-total-count': '350' } },
      to(`${endpoint}?offset=150`, 150),
    ],
    [
      'is the first one at the earliest',
      { url: `${endpoint}?offset=100`, offset: 100, total: 500, headers: { 'x-total-count': '100' } },
      to(`${endpoint}?offset=0`, 0),
    ],
    [
      'is as linked though the total has shrunk, where pages have no numbers',
      {
        url: `${endpoint}?cursor=a`,
        hasLinks: true,
        offset: 300,
        total: 500,
        headers: { 'x-total-count': '499', ...link('?cursor=b') },
      },
      to(`${endpoint}?cursor=b`, 400),
    ],
    [
      'is none where the counts are none',
      { headers: { 'x-total-count': '-5', 'x-limit': 'many' } },
      { is: 'end', total: undefined },
    ],
  ])('%s', (_what, overrides, expected) => {
    expect(nextPage(page(overrides))).toMatchObject(expected);
  });
});
