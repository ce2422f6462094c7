/** What the tests of the Receiver interface share: a platform, the eMSPs that push to it, and the answers that they expect. */
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import type { VersionNumber } from '../../lib/ocpi/versions.ts';
import type { Peer } from '../../lib/peers/peer.ts';
import { accessToken, peer } from './builders.ts';
import { type Answer, type Ground, type Platform, partner, startPlatform, tokenBody } from './http.ts';
import { emspToken } from './runtime.ts';

export const hubToken = 'hub-token';
export const otherToken = 'other-emsp-token';

let uids = 0;
/** @returns a uid that no other test of this file has */
export const newUid = (): string => {
  uids += 1;
  return `DRIVER${uids}`;
};

export const pathOf = (uid: string, owner = 'DE/DMS'): string => `/${owner}/${encodeURIComponent(uid)}`;

export const success = (http: number) => ({ http, envelope: { status_code: 1000 } });
export const unknown = (version: string) => ({
  http: 404,
  envelope: { status_code: version === '2.1.1' ? 2000 : 2004 },
});

/** When a Token was updated, that many seconds after the instant that it has otherwise. */
export const later = (seconds: number) => ({
  last_updated: new Date(Date.UTC(2026, 0, 31, 12, 0, seconds)).toISOString().replace('.000', ''),
});

/** What the eMSP DE DMS does, with the same Token every time unless it says otherwise. */
function emspAt(url: string, version: VersionNumber, secret: string) {
  const { receiver } = partner(url, version, secret);
  return {
    put: (uid: string, overrides: Record<string, unknown> = {}, query = ''): Promise<Answer> =>
      receiver('PUT', `${pathOf(uid)}${query}`, tokenBody(version, { uid, ...overrides })),
    patch: (uid: string, changes: Record<string, unknown>, query = '') =>
      receiver('PATCH', `${pathOf(uid)}${query}`, changes),
    get: (uid: string, query = '') => receiver('GET', `${pathOf(uid)}${query}`),
    data: async (uid: string, query = '') => (await receiver('GET', `${pathOf(uid)}${query}`)).envelope.data,
    receiver,
  };
}

/** The next reads of this many requests wait for each other, so that all of them start from the same. */
function meetAtGet({ runtime }: Platform, count: number): void {
  const { tokens } = runtime.backend;
  const get = tokens.get.bind(tokens);
  const all = Promise.withResolvers<void>();
  let here = 0;
  vi.spyOn(tokens, 'get').mockImplementation(async (call) => {
    const stored = await get(call);
    here += 1;
    if (here === count) all.resolve();
    await all.promise;
    return stored;
  });
}

const addEmspAndHub = (platform: Platform): Promise<void> =>
  platform.add(
    peer({
      id: 'be-oth',
      roles: [{ role: 'EMSP', country_code: 'BE', party_id: 'OTH' }],
      tokensWeGave: [accessToken(otherToken)],
    }),
    peer({
      id: 'hub',
      roles: [{ role: 'HUB', country_code: 'XX', party_id: 'HUB' }],
      tokensWeGave: [accessToken(hubToken)],
      settings: { isHub: true, hubParties: [{ country_code: 'DE', party_id: 'DMS' }] },
    }),
  );

/**
 * Gives the describe that calls it a platform with one more eMSP and a hub, which must log no uid and no token.
 * @returns what its tests do with that platform, once they run
 */
export function receiverOn(openStorage: () => Promise<Ground>) {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform(await openStorage());
    await addEmspAndHub(platform);
  });
  afterEach(() => void vi.restoreAllMocks());
  afterAll(async () => {
    expect(platform.logged.join('')).not.toMatch(/DRIVER|emsp-token|hub-token/);
    await platform.stop();
  });
  return {
    emspOf: (version: VersionNumber, secret = emspToken) => emspAt(platform.url, version, secret),
    add: (...peers: Peer[]) => platform.add(...peers),
    meetAtGet: (count: number) => meetAtGet(platform, count),
  };
}
