/** Which page of a list comes next: partners page in every way that there is. A pure function. */
import type { IncomingHttpHeaders } from 'node:http';
import { followLink, nextIn } from './link.ts';

export interface Page {
  /** The interface, as the peer has announced it. */
  endpoint: string;
  /** What was asked. */
  url: string;
  /** Of its first object. */
  offset: number;
  /** How many objects were asked for, if we said so. */
  limit?: number | undefined;
  /** Of the list, as the page before said. */
  total?: number | undefined;
  /** Whether an earlier page had a `Link`. */
  hasLinks: boolean;
  /** Whether the page before was the same. */
  isRepeated: boolean;
  objects: number;
  /** Names in lower case, as Node has them. */
  headers: IncomingHttpHeaders;
}

export type Next =
  | { is: 'page'; url: string; offset: number; total: number | undefined; hasLinks: boolean; isBack: boolean }
  | { is: 'end'; total: number | undefined }
  /** The list goes on, and we do not. */
  | { is: 'stop'; why: string; total: number | undefined };

function countIn(header: string | string[] | undefined): number | undefined {
  const text = String(header ?? '').trim();
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

/** @returns undefined if the URL does not say */
const offsetIn = (url: string): number | undefined => countIn(new URL(url).searchParams.get('offset') ?? undefined);

export function withParameter(url: string, name: 'offset' | 'limit' | 'date_from', value: string | number): string {
  const changed = new URL(url);
  changed.searchParams.set(name, String(value));
  return changed.href;
}

/** Whether a place in the list can be asked for by its number: not where pages are named by something else, a cursor perhaps. */
export const hasOffsets = ({ url, hasLinks }: Pick<Page, 'url' | 'hasLinks'>): boolean =>
  !hasLinks || offsetIn(url) !== undefined;

/**
 * What has left the list since the page before has moved what follows to the front: we go back by as much, and by a page at least (LIST-13).
 * @returns undefined if nothing has
 */
function earlier(page: Page, total: number | undefined): number | undefined {
  const gone = total === undefined || page.total === undefined ? 0 : page.total - total;
  if (gone <= 0 || page.offset === 0 || !hasOffsets(page)) return undefined;
  return Math.max(0, page.offset - Math.max(gone, page.objects));
}

/** The most that a page has room for, where anything says so. */
const roomIn = ({ headers, limit }: Page): number | undefined => countIn(headers['x-limit']) ?? limit;

export function nextPage(page: Page): Next {
  const total = countIn(page.headers['x-total-count']) ?? page.total;
  const back = earlier(page, total);
  if (back !== undefined) return goTo(page, withParameter(page.url, 'offset', back), back, total, true);
  const header = page.headers.link;
  const link = nextIn(Array.isArray(header) ? header.join(', ') : (header ?? ''));
  return link === undefined ? nextByCount(page, total) : nextByLink(page, link, total);
}

const goTo = (page: Page, url: string, offset: number, total: number | undefined, isBack = false): Next => ({
  is: 'page',
  url,
  offset,
  total,
  hasLinks: page.hasLinks,
  isBack,
});

function nextByLink(page: Page, link: string, total: number | undefined): Next {
  const url = followLink(link, page.url, page.endpoint);
  if (url === undefined) {
    const goesOnByCount = total !== undefined && !page.hasLinks;
    return goesOnByCount ? nextByCount(page, total) : { is: 'stop', why: 'the Link leads elsewhere', total };
  }
  const linked = { ...page, hasLinks: true };
  const counted = page.offset + page.objects;
  const offset = offsetIn(url);
  if (offset === undefined) return goTo(linked, url, counted, total);
  if (offset <= page.offset) return { is: 'stop', why: 'the Link leads back', total };
  // Whoever gives less than was asked for, and links as if he had not, would make us skip the rest.
  const skips =
    page.objects > 0 && offset - page.offset > Math.max(page.objects, countIn(page.headers['x-limit']) ?? 0);
  return skips ? goTo(linked, withParameter(url, 'offset', counted), counted, total) : goTo(linked, url, offset, total);
}

function nextByCount(page: Page, total: number | undefined): Next {
  if (page.hasLinks || page.objects === 0) return { is: 'end', total };
  const counted = page.offset + page.objects;
  const goesOn = total === undefined ? page.objects >= (roomIn(page) ?? Number.POSITIVE_INFINITY) : counted < total;
  if (!goesOn) return { is: 'end', total };
  if (page.isRepeated)
    return total === undefined ? { is: 'end', total } : { is: 'stop', why: 'offset is ignored', total };
  return goTo(page, withParameter(page.url, 'offset', counted), counted, total);
}
