/**
 * Tokens of ours on a storage that does its worst within its promises: writes are slow, are lost, lose their answers, and land when
 * nobody waits for them any more; and lists show a change later than `get` does.
 */

import type { OwnToken } from '../../lib/crud/crud.ts';
import { CrudError, type ListOwn, type StoredToken, type TokenPage, type TokensStorage } from '../../lib/crud/crud.ts';
import { sameParty } from '../../lib/ocpi/values.ts';
import type { World } from './world.ts';

export const settleMs = 4_000;

/** By which our own clocks may differ, the storage's included. */
export const clocksMs = 200;

/** After so long a client gives a write up, and has no idea what became of it. */
const giveUpMs = settleMs / 2;

export interface Options {
  world: World;
  /** Whether a write may land late of which nobody hears, because the stream tells it. */
  hasStream: boolean;
  /** How long the index takes to show the write that lands now. */
  indexLag: () => number;
  /** The table's stream. */
  onLanded: (after: StoredToken, before: StoredToken | undefined) => void;
  /** Whether lists go on from places, or from offsets only. */
  hasPlaces?: boolean;
}

interface Version {
  stored: StoredToken;
  /** When the index begins to show it. */
  shownFrom: number;
}

export interface SlowTokens extends TokensStorage {
  /** All Tokens as they are. */
  current(): StoredToken[];
  /** Whether a Token ever had these contents, whatever its date. */
  everWas(uid: string, issuer: string): boolean;
}

export function slowTokens({ world, hasStream, indexLag, onLanded, hasPlaces = true }: Options): SlowTokens {
  /** Each Token with its history, in order of creation. */
  const all: Version[][] = [];
  const byUid = new Map<string, Version[]>();
  let revisions = 0;

  function land(versions: Version[], { data, settings }: OwnToken): void {
    revisions += 1;
    const before = versions.at(-1);
    const stored: StoredToken = { data, settings, revision: `r${revisions}` };
    versions.push({ stored, shownFrom: Math.max(world.now() + indexLag(), before?.shownFrom ?? 0) });
    onLanded(stored, before?.stored);
  }

  function carryOut(apply: () => void): Promise<void> {
    const { landsAfter, answersAfter, givenUpAfter } = fate(world);
    const isInTime = landsAfter !== undefined && landsAfter <= settleMs / 2;
    const isHeardOf = answersAfter !== undefined && (landsAfter ?? 0) + answersAfter < givenUpAfter;
    return new Promise((resolve, reject) => {
      void world.sleep(givenUpAfter).then(() => reject(new Error('the storage does not answer')));
      if (landsAfter === undefined || !(isInTime || isHeardOf || hasStream)) return;
      void world.sleep(landsAfter).then(() => {
        const answer = outcomeOf(apply);
        if (answersAfter === undefined) return;
        void world.sleep(answersAfter).then(() => (answer ? reject(answer) : resolve()));
      });
    });
  }

  function listOwn({ filters, after, ...party }: ListOwn): TokenPage {
    const { date_from = '', date_to = '~', offset, limit } = filters;
    const matching = all.flatMap((versions, place) => {
      const shown = versions.findLast(({ shownFrom }) => shownFrom <= world.now());
      const date = shown?.stored.data.last_updated ?? '~';
      const isListed = shown && sameParty(shown.stored.data, party) && date >= date_from && date < date_to;
      return isListed ? [{ place, shown: shown.stored, versions }] : [];
    });
    const from = after === undefined ? offset : matching.filter(({ place }) => place <= Number(after)).length;
    const page = matching.slice(from, from + limit);
    const isLast = from + limit >= matching.length;
    // An index that names what matches, and a table that has what it is now.
    const isFromTable = world.chance(0.5);
    const items = page.map(({ shown, versions }) => (isFromTable ? (versions.at(-1)?.stored ?? shown) : shown));
    const next = page.at(-1)?.place;
    return { items, total: matching.length, isLast, limit, ...(!isLast && hasPlaces && { next: String(next) }) };
  }

  async function reading<T>(read: () => T): Promise<T> {
    await world.sleep(world.between(1, 30));
    const result = read();
    await world.sleep(world.chance(0.1) ? world.between(30, settleMs / 4) : world.between(1, 30));
    return result;
  }

  return {
    settleMs,
    get: ({ id }) => reading(() => byUid.get(id)?.at(-1)?.stored),
    list: (call) => reading(() => listOwn(call as ListOwn)),

    create: (call) =>
      carryOut(() => {
        if (byUid.has(call.data.uid)) throw new CrudError('already-exists');
        const versions: Version[] = [];
        all.push(versions);
        byUid.set(call.data.uid, versions);
        land(versions, call as OwnToken);
      }),

    update: (call) =>
      carryOut(() => {
        const versions = byUid.get(call.id);
        if (!versions || versions.at(-1)?.stored.revision !== call.revision) throw new CrudError('conflict');
        land(versions, call as OwnToken);
      }),

    delete: (call) =>
      carryOut(() => {
        const versions = byUid.get(call.id);
        if (!versions || versions.at(-1)?.stored.revision !== call.revision) throw new CrudError('conflict');
        const placeholder = call as OwnToken & typeof call;
        byUid.delete(call.id);
        byUid.set(placeholder.data.uid, versions);
        land(versions, placeholder);
      }),

    current: () => all.flatMap((versions) => versions.at(-1)?.stored ?? []),
    everWas: (uid, issuer) => (byUid.get(uid) ?? []).some(({ stored }) => stored.data.issuer === issuer),
  };
}

function outcomeOf(apply: () => void): unknown {
  try {
    return apply();
  } catch (error) {
    return error;
  }
}

interface Fate {
  /** Never, if absent. */
  landsAfter?: number;
  /** Never, if absent. */
  answersAfter?: number;
  givenUpAfter: number;
}

function fate({ random, between, chance }: World): Fate {
  // A client with more patience learns late what has landed early.
  const givenUpAfter = chance(0.5) ? giveUpMs : 3 * settleMs;
  const kind = random();
  if (kind < 0.55) return { landsAfter: between(1, 40), answersAfter: between(1, 10), givenUpAfter };
  if (kind < 0.75)
    return {
      landsAfter: between(1, settleMs),
      answersAfter: chance(0.7) ? between(1, 10) : between(1, settleMs / 2),
      givenUpAfter,
    };
  if (kind < 0.82) return { givenUpAfter };
  if (kind < 0.9) return { landsAfter: between(1, giveUpMs), givenUpAfter };
  const lateMs = chance(0.5) ? settleMs / 4 : 8 * settleMs;
  return { landsAfter: giveUpMs + between(1, lateMs), answersAfter: between(1, 10), givenUpAfter };
}
