/** The operations on syncing: how far each peer is in each direction, and what the owner wants of it. */
import * as v from 'valibot';
import { tokenType, tokenUid } from '../../ocpi/token.ts';
import { boolean, ciString, dateTime, entriesOf, object, oneOf, optional } from '../../ocpi/values.ts';
import { operation } from './operation.ts';
import { peerId } from './peers.ts';
import { cursor } from './values.ts';

const direction = oneOf(['push', 'pull']);
const party = object({ country_code: ciString(2), party_id: ciString(3) });

const failing = object({
  since: dateTime,
  /** When it is tried again; absent if only the owner can mend it. */
  nextAt: optional(dateTime),
  /** Nothing is tried before the owner says so: now, all, or what was refused. */
  waitsForOperator: optional(boolean),
  times: v.number(),
  why: v.string(),
  http: optional(v.number()),
  status_code: optional(v.number()),
});

/** What a peer refused, a few of them. */
const refusedToken = object({
  uid: tokenUid,
  type: tokenType,
  stamp: dateTime,
  at: dateTime,
  http: optional(v.number()),
  status_code: optional(v.number()),
  why: v.string(),
  tries: v.number(),
});

const counts = object({
  created: v.number(),
  updated: v.number(),
  unchanged: v.number(),
  late: v.number(),
  duplicate: v.number(),
  foreign: v.number(),
  invalid: v.number(),
});

/** Objects that the peer fails at, and not at others, or that ended our process: they are in its list, and we do not know them. */
const passedOver = object({
  count: v.number(),
  /** Where in the list the first of them are. */
  offsets: v.array(v.number()),
});

const ended = { at: dateTime, read: v.number(), counts, passedOver: optional(passedOver) };
const stopped = { ...ended, stoppedAt: dateTime, why: v.string() };

const pushView = object({
  /** All changes that are dated before this have been sent, or were refused. */
  changesFrom: dateTime,
  /** How many changes are left, at most; where it was counted. */
  left: optional(v.number()),
  /** Changes that are too many to go before any other, and how many of those since have been walked through. */
  many: optional(object({ since: dateTime, done: v.number() })),
  /** A full push that is under way. */
  full: optional(object({ since: dateTime, done: v.number(), total: v.number() })),
  /** When the last full push began that has come to its end. */
  fullAt: optional(dateTime),
  taken: v.number(),
  refused: v.number(),
  /** The first of them, where one peer was asked about. */
  refusedTokens: optional(v.array(refusedToken)),
});

const pullView = object({
  /** The walk through its list that is under way. */
  walk: optional(
    object({
      kind: oneOf(['full', 'changes']),
      since: dateTime,
      pages: v.number(),
      read: v.number(),
      total: optional(v.number()),
      counts,
    }),
  ),
  /** The last of each kind that has come to its end, by when it began. */
  full: optional(
    object({
      ...ended,
      /** How many valid Tokens of ours it does not name, how many of them were made invalid, and why they were not. */
      missing: optional(v.number()),
      invalidated: optional(v.number()),
      withheld: optional(v.string()),
    }),
  ),
  changes: optional(object(ended)),
  /** The last of each kind that went no further, since the last that has come to its end. */
  stopped: optional(object({ full: optional(object(stopped)), changes: optional(object(stopped)) })),
  /** The last that was of one party alone. */
  ofOne: optional(
    object({
      ...ended,
      kind: oneOf(['full', 'changes']),
      party,
      stoppedAt: optional(dateTime),
      why: optional(v.string()),
    }),
  ),
  /** When the next one of each kind is due. */
  nextFullAt: dateTime,
  nextChangesAt: dateTime,
  /** The last objects that could not be taken, and why. */
  problems: v.array(object({ at: dateTime, why: v.string() })),
});

const laneView = object({
  peer: peerId,
  direction,
  state: oneOf(['not begun', 'waiting', 'working', 'paused', 'failing', 'at rest']),
  /** Whether a worker has it now. */
  isWorking: boolean,
  pausedSince: optional(dateTime),
  failing: optional(failing),
  /** What the owner wants and has not happened yet. */
  wishes: v.array(oneOf(['now', 'full', 'retry'])),
  succeededAt: optional(dateTime),
  push: optional(pushView),
  pull: optional(pullView),
});
export type LaneView = v.InferOutput<typeof laneView>;

const lanes = v.array(laneView);

export const showSync = operation({
  name: 'peers/sync',
  method: 'GET',
  summary: 'How far push and pull are: of one peer with what it refused, or of all, in pages.',
  input: object({ id: optional(peerId), after: optional(cursor) }),
  output: object({
    lanes,
    /** Absent on the last page. */
    next: optional(cursor),
  }),
  problems: ['not-found'],
});

export const steerSync = operation({
  name: 'peers/steer',
  method: 'POST',
  summary:
    'Says what push and pull of a peer are to do: now, all from the beginning, pause, go on, try the refused again.',
  input: object({
    id: peerId,
    /** By default both. */
    direction: optional(direction),
    /** Do what is to do, whatever was agreed on for when, and whatever has failed. */
    now: optional(boolean),
    /** All from the beginning. */
    full: optional(boolean),
    pause: optional(boolean),
    resume: optional(boolean),
    /** Of a push. */
    retryRefused: optional(boolean),
    /** The only one of the peer's `pullParties` that is pulled. */
    party: optional(party),
  }),
  output: object({ lanes }),
  problems: ['not-found', 'conflict'],
});

export const showTold = operation({
  name: 'tokens/told',
  method: 'GET',
  summary: 'What the peers that are pushed to have been told of one of our Tokens, in pages.',
  input: object({ uid: tokenUid, type: optional(tokenType), after: optional(cursor) }),
  output: object({
    peers: v.array(
      object({
        peer: peerId,
        /** Of its last change. `not theirs`: the Token is none of the peer's business. */
        told: oneOf(['told', 'waiting', 'refused', 'not theirs']),
        /** Why it was refused. */
        refused: optional(object(withoutName(entriesOf(refusedToken)))),
        pausedSince: optional(dateTime),
        failing: optional(failing),
      }),
    ),
    /** Absent on the last page. */
    next: optional(cursor),
  }),
  problems: ['not-found'],
});

function withoutName<Entries extends { uid: unknown; type: unknown }>({ uid: _, type: __, ...rest }: Entries) {
  return rest;
}
