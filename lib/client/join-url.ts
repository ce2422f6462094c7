/** URLs below one that a partner announced. */
import { PeerError } from './peer-error.ts';

/**
 * Appends path segments with exactly one slash between each, percent-encoded; a query of the base stays (TRN-31).
 * @param base an absolute URL, with or without a slash at the end
 * @param segments an empty last one gives a slash at the end
 * @throws PeerError `forbidden-url` for `.` and `..`, which no encoding keeps from being resolved
 */
export function joinUrl(base: string, ...segments: string[]): string {
  const url = URL.parse(base);
  if (!url) throw new PeerError('forbidden-url', 'The URL to append to is not absolute');
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    throw new PeerError('forbidden-url', 'Nothing named "." or ".." can be asked for in a URL');
  }
  url.pathname = [url.pathname.replace(/\/+$/, ''), ...segments.map(encodeURIComponent)].join('/');
  return url.href;
}
