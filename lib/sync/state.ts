/**
 * Where syncing is, for each peer and direction: one small record, which is also the lock. Whoever works for a lane holds its lease,
 * and only he writes it, with the revision that he has; at a conflict he stops, because another goes on.
 */
import type { Backend } from '../crud/crud.ts';
import type { PartyId } from '../ocpi/versions.ts';
import type { Place } from '../tokens/own/list.ts';
import { type Lane, laneName } from './runtime.ts';

export const statesCollection = 'sync';

/** The peer does not answer as it should: nothing is tried before `nextAt`. */
export interface Failing {
  /** Canonical DateTimes. */
  since: string;
  nextAt: string;
  times: number;
  /** What went wrong the last time, in words without secrets; it may name a Token. */
  why: string;
  http?: number;
  status_code?: number;
  /** The peer itself has said for how long. */
  isWished?: true;
  /** When what is urgent was last tried before that, in vain. */
  triedAt?: string;
}

/** What both directions have. */
export interface State {
  lease?: { holder: string; until: string };
  failing?: Failing;
  /** How often a page was begun at this place without coming to its end. */
  begun: number;
  /** Which of the operator's wishes have been met, by the moment at which he uttered them. */
  met: { now?: string; full?: string; retry?: string };
  /** Whom and what the places are about; another one begins anew. */
  scope: string;
  /** When the peer last took or gave a page. */
  succeededAt?: string;
}

/** How far a walk through our lists is. */
export interface WalkPlace {
  /** When the walk began; it shows no change that is stamped later, unless it says so. */
  began: string;
  place?: Place;
  offset: number;
  /** By their names, the Tokens of the page at the place that have been sent, with their stamps. */
  sent?: Record<string, string>;
}

/** A walk of its own through what is stamped from `from` until it began. */
interface Many extends WalkPlace {
  from: string;
  /** By their names, those that have been sent out of their turn, with their stamps. */
  told: Record<string, string>;
}

export interface PushState extends State {
  /** All that is stamped before `from` has been sent, is refused, or is among the many; `isCut` if the last walk left what is later. */
  changes: { from: string; walk?: WalkPlace; isCut?: true };
  /** Changes that are too many to be sent before any other. */
  many?: Many;
  /** And those that are too many while these are sent: not begun yet. */
  later?: Many;
  /** A full push that is under way. */
  full?: WalkPlace & { total: number };
  /** When the last full push began that has come to its end. */
  fullAt?: string;
  /** Sent with a stamp that is later than the walk, by their names: the next walk meets them again. */
  fresh: Record<string, string>;
  /** By their names, the Tokens that the peer refuses: the records in `refused/…` say why. */
  refused: string[];
  /** How many were refused one after the other. */
  refusedInARow: number;
  /** When those that are refused were last tried again, and when they are next, if that is sooner than usual. */
  retriedAt?: string;
  retryAt?: string;
  /** How many Tokens a page may have, from how long the last ones took. */
  pageSize: number;
  /** By its name, the Token at which the peer failed last, when, and how often it has taken others in between. */
  stuck?: { name: string; at: string; times: number };
  /** How many Tokens the peer has taken. */
  taken: number;
  /** Before which no further push may begin, for what is allowed in a second. A canonical DateTime. */
  paceAt?: string;
  /** While what was refused is tried again: behind which of the records. */
  retrying?: { after?: string };
}

export type PullKind = 'full' | 'changes';

/** A walk through the peer's list, or, party by party, through its lists one after the other. */
export interface PullWalk {
  kind: PullKind;
  startedAt: string;
  /** The peer's clock at the first page, or ours if that is earlier: the next delta asks from then, less two minutes. */
  mark?: string;
  date_from?: string;
  /** Which of the parties that are asked one by one. */
  party: number;
  /** The operator wants this party alone: it is no walk from which the next one goes on. */
  isOfOne?: true;
  /** Of those parties, whose Tokens have been seen. */
  owners: number[];
  /** The next page; absent at the beginning of a list. */
  url?: string;
  /** Of the first object of the next page. */
  offset: number;
  /** Of this list, as the peer last said. */
  total?: number;
  /** Whether the pages of this list are linked, so that one without a link is the last. */
  hasLinks?: true;
  /** Asked for in place of what the settings say, because a page could not be taken whole. */
  limit?: number;
  /** Of the last page, how many objects it had, or would have had if it had not been made small, and a short hash of it. */
  last?: { objects: number; hash: string };
  /** Where in this list the last object is that came. */
  good?: number;
  /** The peer fails at the page at the place, and not at others (lib/sync/pull/suspect.ts). */
  suspect?: Suspect;
  /** How many objects of the page at the place have been taken, and a short hash of the last of them. */
  done?: { objects: number; hash: string };
  /** Objects of this list. */
  listed: number;
  pages: number;
  read: number;
  bytes: number;
  /** Short hashes of pages that have been asked for (lib/sync/pull/seen.ts). */
  seen: string[];
  counts: PullCounts;
  /** A list of it could not be read to its end, and why; the others are read all the same. */
  stopped?: string;
  /** A list of it had fewer objects than the peer said, or not all of them came: then nothing counts as missing. */
  isShort?: true;
  passedOver?: PassedOver;
  /** There are records that say what the list names, to find what it names no more. */
  isNamed?: true;
  /** The latest last_updated of all that it has named. */
  newest?: string;
  /** Behind the last page. */
  comparing?: Comparing;
}

/** A page has an object, perhaps, that the peer cannot write. */
export interface Suspect {
  /** Where the peer has given another object. */
  url: string;
  /** Whether it has given one since it last failed. */
  isWell: boolean;
  /** How many objects are asked for, and where those end among which it is. */
  limit?: number;
  end?: number;
  /** How often the peer has failed at this single object, and given another one before. */
  times: number;
}

/** Objects that are in the list, and of which we know nothing. */
export interface PassedOver {
  count: number;
  /** Where in the list the first of them are. */
  offsets: number[];
}

/** Which of our Tokens have been compared with what the list names: counted at first, and then made invalid where that is wanted. */
export interface Comparing {
  party: number;
  after?: string;
  /** Valid Tokens of ours, and those of them that the list should name and does not. */
  held: number;
  missing: number;
  /** From the second time on: how many have been made invalid. */
  invalidated?: number;
}

export interface PullCounts {
  created: number;
  updated: number;
  unchanged: number;
  late: number;
  /** Twice in a page; the newer one counts. */
  duplicate: number;
  /** Of parties that are none of the peer's, or of nobody. */
  foreign: number;
  invalid: number;
}

/** A walk that has come to its end. */
interface Walked {
  /** When it began. */
  at: string;
  read: number;
  counts: PullCounts;
  passedOver?: PassedOver;
}

/** It went no further, and why. */
interface Stopped extends Walked {
  stoppedAt: string;
  why: string;
}

/** What became of valid Tokens of ours that a full walk does not name. */
export interface Missing {
  missing?: number;
  /** Where the settings ask for that; a Token that came in again meanwhile is not among them. */
  invalidated?: number;
  /** Why they are not made invalid, though the settings ask for it. */
  withheld?: string;
}

export interface PullState extends State {
  walk?: PullWalk;
  /** From where the next delta asks; absent before the first full walk has come to its end. */
  from?: string;
  /** The last full walk that has come to its end, and what it no longer names, unless that could not be told. */
  full?: Walked & Missing;
  changes?: Walked;
  /** The last walk of a kind that went as far as it could, and did not get through, since the last one that did. */
  stopped?: Partial<Record<PullKind, Stopped>>;
  /** The last walk that was of one party alone, because the operator wanted that. */
  ofOne?: (Walked | Stopped) & { kind: PullKind; party: PartyId };
  /** How many objects were passed over in the last full walk and since, and since when. */
  unread?: { count: number; since: string };
  /** The last objects that could not be taken, the newest first, and why; no uid. */
  problems: { at: string; why: string }[];
  /** Of walks whose names nobody needs any more: when they started; empty for all. */
  litter: string[];
}

export interface StateOf {
  push: PushState;
  pull: PullState;
}

export interface Known<T> {
  data: T;
  revision: string;
}

export async function readState<Of extends keyof StateOf>(
  { records }: Pick<Backend, 'records'>,
  lane: Lane & { direction: Of },
): Promise<Known<StateOf[Of]> | undefined> {
  const stored = await records.get({ collection: statesCollection, id: laneName(lane) });
  return stored && { data: stored.data as unknown as StateOf[Of], revision: stored.revision };
}
