/** A partner that lists Tokens which change meanwhile, and answers, fails and lies as its mood is. */
import type { PeerAnswer, PeerRequest } from '../../../lib/client/ask-peer.ts';
import { PeerError } from '../../../lib/client/peer-error.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import type { PartyId, VersionNumber } from '../../../lib/ocpi/versions.ts';
import { wires } from '../../../lib/wire/registry.ts';
import { token } from '../builders.ts';
import type { World } from '../world.ts';

export const listMoods = [
  'healthy',
  'slow',
  'down',
  'crashing',
  'denying',
  'limiting',
  'hanging',
  'no list',
  'endless',
  'elsewhere',
  'in a circle',
  'short',
] as const;
export type ListMood = (typeof listMoods)[number];

/** Pages are found by their number in the list, or by what was on the page before. */
export const listPagings = ['link', 'total', 'cursor'] as const;

export interface ListedToken {
  uid: string;
  /** Which state it is in: the greater, the later. */
  state: number;
  owner: PartyId;
  issuer: string;
  valid: boolean;
  last_updated: string;
  /** The partner cannot write it: no page comes that it would be on. */
  isBad?: boolean;
  /** It could not be written before, and has not changed since: no delta names it. */
  wasBad?: boolean;
}

export interface ListingPartner {
  id: string;
  mood: ListMood;
  /** In order of creation. */
  list: ListedToken[];
  asked: number;
  /** Of one of its servers. */
  clock: () => number;
  /** Called when a page has been read and is not there yet. */
  meanwhile: (uids: readonly string[]) => void;
  ask(request: PeerRequest): Promise<PeerAnswer>;
}

export interface ListingOptions {
  version: VersionNumber;
  paging: (typeof listPagings)[number];
  pageSize: number;
  /** How far its clocks are ahead of the world's. */
  aheadMs: number;
}

/** So far its servers' clocks are apart, which with a write that lands late is within the overlap of two deltas. */
const serversMs = 40_000;

/** A Token says in a field that nobody needs in which state it is. */
export const stateOf = ({ visual_number }: Pick<Token, 'visual_number'>): number => Number(visual_number);

export const tokenListed = ({ uid, state, owner, issuer, valid, last_updated }: ListedToken): Token =>
  token({ ...owner, uid, issuer, valid, last_updated, visual_number: String(state) });

export function createListingPartner(world: World, id: string, options: ListingOptions): ListingPartner {
  const { version, paging, pageSize, aheadMs } = options;
  const wire = wires[version];
  const endpoint = `https://${id}.example/tokens`;
  const partner: ListingPartner = {
    id,
    mood: 'healthy',
    list: [],
    asked: 0,
    meanwhile: () => {},
    clock: () => world.now() + aheadMs + world.between(-serversMs / 2, serversMs / 2),
    async ask({ url, timeoutMs }) {
      partner.asked += 1;
      const { mood } = partner;
      await world.sleep(mood === 'slow' ? world.between(500, 2_500) : world.between(20, 200));
      if (mood === 'down') throw unreachable(503);
      if (mood === 'crashing') throw crash();
      if (mood === 'denying') throw new PeerError('refused', 'no such token', { http: 401, status_code: 2002 });
      if (mood === 'limiting') throw unreachable(429, String(world.between(1, 120)));
      if (mood === 'hanging') {
        await world.sleep(timeoutMs - 200);
        throw unreachable(undefined);
      }
      const answer = mood === 'no list' ? { data: { uid: 'T0' }, headers: {} } : pageOf(new URL(url), mood);
      // What is read by then is pushed anew meanwhile.
      await world.sleep(world.chance(0.3) ? world.between(500, 5_000) : world.between(20, 200));
      const timestamp = new Date(partner.clock()).toISOString();
      return { http: 200, status_code: 1000, status_message: undefined, timestamp, ...answer };
    },
  };

  function pageOf({ searchParams }: URL, mood: ListMood): Pick<PeerAnswer, 'data' | 'headers'> {
    const from = searchParams.get('date_from') ?? '';
    const since = partner.list.filter(({ last_updated }) => last_updated >= from);
    const after = searchParams.get('after');
    const offset =
      after === null ? Number(searchParams.get('offset') ?? 0) : since.findIndex(({ uid }) => isBehind(uid, after));
    const limit = Math.min(pageSize, Number(searchParams.get('limit') ?? pageSize));
    const page = offset < 0 ? [] : since.slice(offset, offset + limit);
    if (page.some(({ isBad }) => isBad)) throw crash();
    partner.meanwhile(page.map(({ uid }) => uid));
    const isLast = offset < 0 || offset + limit >= since.length;
    const data = JSON.parse(JSON.stringify(page.map((each) => wire.encodeToken(tokenListed(each))))) as unknown[];
    const total = { 'x-total-count': String(since.length + (mood === 'short' ? 3 : 0)) };
    const linkTo = (name: string, value: string | number) => {
      const next = new URLSearchParams(searchParams);
      next.set(name, String(value));
      return { link: `<${endpoint}?${next.toString()}>; rel="next"` };
    };
    // Who links now and then not has told us that the first page without a Link is the last.
    const lie = paging === 'total' ? undefined : mood;
    if (lie === 'elsewhere') return { data, headers: { link: '<https://evil.example/x>; rel="next"' } };
    if (lie === 'in a circle') return { data, headers: linkTo('page', world.between(0, 3)) };
    if (lie === 'endless') return { data, headers: { ...total, ...linkTo('page', partner.asked) } };
    const last = page.at(-1)?.uid;
    const link = paging === 'cursor' && last !== undefined ? linkTo('after', last) : linkTo('offset', offset + limit);
    return { data, headers: { ...(paging !== 'cursor' && total), ...(paging !== 'total' && !isLast && link) } };
  }

  return partner;
}

/** Uids are numbered in order of creation. */
export const numberOf = (uid: string): number => Number(uid.slice(1));

const isBehind = (uid: string, after: string): boolean => numberOf(uid) > numberOf(after);

/** As py_ocpi says it, whatever has happened. */
const crash = (): PeerError => new PeerError('refused', 'OCPI status 3000', { http: 200, status_code: 3000 });

const unreachable = (http: number | undefined, retryAfter?: string): PeerError =>
  new PeerError('unreachable', 'no answer', { http, retryAfter });
