/** Our own URLs, asked over HTTP as a peer would, without a token. */
import { moduleEndpoints, versionEntries, versionsUrl } from '../../ocpi/urls.ts';
import { isObject } from '../../ocpi/values.ts';
import { hasTreePerRole, type Role, versionNumbers } from '../../ocpi/versions.ts';
import type { Config } from '../../runtime/config.ts';
import type { ClockReading } from './clock.ts';

/** How an announced URL answers whoever has no token. */
export interface RouteAnswer {
  url: string;
  /** Absent if all is well. */
  problem?: string;
  clock?: ClockReading;
}

interface Clock {
  now: () => Date;
  /** Milliseconds since the epoch. */
  deadline: number;
}

/** Every URL that a peer is told, of every version. */
export function announcedUrls(config: Config): string[] {
  const trees: (Role | undefined)[] = [undefined, ...new Set(config.parties.map(({ role }) => role))];
  const urls = trees.flatMap((tree) => [
    versionsUrl(config, tree),
    ...versionEntries(config, tree).map(({ url }) => url),
    ...versionNumbers
      .filter((version) => hasTreePerRole(version) === (tree !== undefined))
      .flatMap((version) => moduleEndpoints(config, version, tree).map(({ url }) => url)),
  ]);
  return [...new Set(urls)];
}

export const askRoutes = (config: Config, clock: Clock): Promise<RouteAnswer[]> =>
  Promise.all(announcedUrls(config).map((url) => askRoute(url, clock)));

const longestMs = 10_000;
/** Left for what follows. */
const spareMs = 2_000;

export async function askRoute(url: string, { now, deadline }: Clock): Promise<RouteAnswer> {
  const askedAt = now().getTime();
  const timeoutMs = Math.max(1, Math.min(longestMs, deadline - askedAt - spareMs));
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    const shown = response.headers.get('date') ?? undefined;
    const problem = problemOf(response.status, await response.json().catch(() => undefined));
    return { url, clock: { shown, askedAt, answeredAt: now().getTime() }, ...(problem && { problem }) };
  } catch (error) {
    const { cause, message } = error as Error;
    const { code } = (cause ?? {}) as { code?: string };
    return { url, problem: `does not answer: ${code ?? message}` };
  }
}

function problemOf(http: number, envelope: unknown): string | undefined {
  const isOcpi = isObject(envelope) && typeof envelope.status_code === 'number';
  if (!isOcpi) return `answers HTTP ${http} without OCPI's envelope`;
  return http === 401 ? undefined : `answers HTTP ${http} where it should be 401, because there is no token`;
}
