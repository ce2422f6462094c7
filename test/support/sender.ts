/** What the tests of the Sender interface share: the CPO that asks, and how it pages. */
import type { VersionNumber } from '../../lib/ocpi/versions.ts';
import { type Answer, type Platform, partner } from './http.ts';
import { cpoToken } from './runtime.ts';

export const success = { http: 200, envelope: { status_code: 1000 } };

/** How the CPO FR DCP asks of our Sender interface. */
export const cpoOf = (platform: Platform, version: VersionNumber) => partner(platform.url, version, cpoToken).sender;

export const uidsIn = ({ envelope }: Answer): string[] => (envelope.data as { uid: string }[]).map(({ uid }) => uid);

/** Where Link leads, without the origin that only the outside world knows. */
const nextOf = ({ headers }: Answer): string | undefined => {
  const [, target] = /^<(.+)>; rel="next"$/.exec(String(headers.link)) ?? [];
  return target && /\/tokens(.*)$/.exec(target)?.[1];
};

/** All pages, as a client that only follows Link gets them. */
export async function crawl(ask: (path: string) => Promise<Answer>, path: string): Promise<Answer[]> {
  const pages: Answer[] = [];
  for (
    let next: string | undefined = path;
    next !== undefined && pages.length < 100;
    next = nextOf(pages.at(-1) as Answer)
  ) {
    pages.push(await ask(next));
  }
  return pages;
}

/** An instant that many hours into 2026. */
export const atHour = (hour: number): string => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
