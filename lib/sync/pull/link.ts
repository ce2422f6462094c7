/** Where a `Link` of the peer leads, and where we go instead of where it should not (LIST-05, LIST-16). */

/** As the client allows it. */
const longestUrl = 2_048;

const links = /<([^>]*)>((?:\s*;\s*[^\s=;,"<>]+(?:\s*=\s*(?:"[^"]*"|[^\s",;<>]*))?)*)/g;
const rel = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]*))/i;

/** @param header `Link`, with all the links that it holds; @returns the target of the first with rel=next, as it stands there */
export function nextIn(header: string): string | undefined {
  for (const [, target, parameters = ''] of header.matchAll(links)) {
    const [, quoted, bare = ''] = rel.exec(parameters) ?? [];
    if ((quoted ?? bare).toLowerCase().split(/\s+/).includes('next')) return target;
  }
  return undefined;
}

const pathOf = ({ pathname }: URL): string => pathname.replace(/\/+$/, '');

/** @returns the endpoint with the query of a link; what the endpoint's own query says besides, a key perhaps, stays */
function withQueryOf(home: URL, { searchParams }: URL): URL {
  const url = new URL(home);
  for (const name of new Set(searchParams.keys())) url.searchParams.delete(name);
  for (const [name, value] of searchParams) url.searchParams.append(name, value);
  return url;
}

/**
 * A link to the announced endpoint, or below it, is followed as it is. Behind a proxy servers name themselves otherwise than we know
 * them: by another scheme or host, with less or more at the beginning of the path. Of such a link we take the query alone, and stay
 * where we are: our token goes nowhere else.
 * @param from the page that the link was on
 * @param endpoint as the peer has announced it
 * @returns undefined if it leads elsewhere
 */
export function followLink(link: string, from: string, endpoint: string): string | undefined {
  const to = URL.parse(link, from);
  const home = new URL(endpoint);
  if (!to || !/^https?:$/.test(to.protocol)) return undefined;
  const [path, homePath] = [pathOf(to), pathOf(home)];
  const isBelow = to.origin === home.origin && `${path}/`.startsWith(`${homePath}/`);
  const isSamePlace = path !== '' && (homePath.endsWith(path) || path.endsWith(homePath));
  const url = isBelow ? to : isSamePlace ? withQueryOf(home, to) : undefined;
  if (!url) return undefined;
  url.hash = '';
  url.username = '';
  url.password = '';
  return url.href.length > longestUrl ? undefined : url.href;
}
