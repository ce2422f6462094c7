/** What befalls a world that pushes: owners, partners' moods, the operator, settings, and in the end peace. */
import { statesCollection } from '../../../lib/sync/state.ts';
import { block, changeSettings, unblock } from '../../../lib/tokens/own/change.ts';
import { eraseOwn } from '../../../lib/tokens/own/erase.ts';
import { fromSource } from '../../../lib/tokens/own/source.ts';
import { createWriteOwn, type Intent } from '../../../lib/tokens/own/write.ts';
import { ownToken } from '../builders.ts';
import { clocksMs } from '../slow-tokens.ts';
import type { World } from '../world.ts';
import { noAnswer } from './mortal.ts';
import { moods } from './pushed-partner.ts';
import { changeOf, type Pushing, pushedParties, startPushing, type Teller } from './pushing.ts';
import { dayMs, minuteMs, secondMs } from './simulated.ts';

export interface ChaosOptions {
  teller: Teller;
  hasPlaces: boolean;
  /** Whether the operator and the settings interfere, which may have one state sent twice. */
  isSteered: boolean;
  /** Whether functions die, storages fail, and messages are lost. */
  isMortal: boolean;
}

export interface Chaos {
  pushing: Pushing;
  uids: string[];
}

const minutes = 4;

export const partyOf = (uid: string) => pushedParties[Number(uid.slice(1)) % 2] ?? pushedParties[0];

/** What a source says that keeps no dates. */
function undated(uid: string, issuer: string) {
  const { last_updated: _, ...token } = ownToken(partyOf(uid) as (typeof pushedParties)[0], { uid, issuer });
  return { ...token, type: uid === 'T5' ? 'EMAID' : 'RFID' };
}

const typeOf = (uid: string): string => (uid === 'T5' ? 'EMAID' : 'RFID');

export const put = (uid: string, issuer: string): Intent => fromSource({ token: undated(uid, issuer) });

/** @returns undefined if the storage has failed */
export async function ofFailing<T>(doing: Promise<T>): Promise<T | undefined> {
  try {
    return await doing;
  } catch (error) {
    if ((error as Error).message === noAnswer) return undefined;
    throw error;
  }
}

/** Owners' writes side by side, told of by the writer where that is how it is told. */
export const write = async (
  pushing: Pushing,
  options: Pick<ChaosOptions, 'teller'>,
  intents: readonly Intent[],
): Promise<void> => void (await Promise.all(intents.map((intent) => writeOne(pushing, options, intent))));

/** Without a stream an owner who is told of a failure has to change the Token once more. */
async function writeOne(pushing: Pushing, { teller }: Pick<ChaosOptions, 'teller'>, intent: Intent): Promise<void> {
  const writeOwn = createWriteOwn(pushing.writer());
  let written = await ofFailing(writeOwn([intent]));
  for (let round = 0; !written && teller !== 'stream'; round += 1) {
    written = await ofFailing(writeOwn([put(intent.uid, `again.${round}`)]));
  }
  const { before, after } = written?.[0] ?? {};
  if (teller !== 'writer' || !after || after.data.last_updated === before?.data.last_updated) return;
  await pushing.tell([changeOf(after, before)]);
}

export async function chaos(world: World, options: ChaosOptions): Promise<Chaos> {
  const { isMortal, isSteered } = options;
  const limits = () => ({ pushesAtOnce: world.between(1, 5), pushesPerSecond: world.oneOf([1, 2, 3, 20]) });
  const pushing = await startPushing(world, {
    ...options,
    partners: { aaa: limits(), bbb: limits(), ccc: { ...limits(), ownParties: pushedParties.slice(0, 1) } },
    workers: world.between(1, 4),
    perils: isMortal ? { dies: world.oneOf([0, 0.002, 0.01]), fails: world.oneOf([0, 0.002]) } : { dies: 0, fails: 0 },
    queuePerils: isMortal ? { lost: 0.02, doubled: 0.1, reordered: 0.1 } : { lost: 0, doubled: 0, reordered: 0 },
  });
  const uids = Array.from({ length: world.between(6, 15) }, (_, i) => `T${i}`);
  const gone = new Set<string>();
  const startedAt = world.now();
  const isOver = () => world.now() > startedAt + minutes * minuteMs;

  async function owner(name: string): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      const few = Array.from({ length: world.between(1, 4) }, () => world.oneOf(uids));
      await write(pushing, options, oneChange(few, `${name}.${round}`));
      await world.sleep(world.oneOf([world.between(0, 300), world.between(0, 20_000), world.between(0, 90_000)]));
      if (world.chance(0.1)) await erase(world.oneOf(uids));
    }
  }

  function oneChange(few: readonly string[], issuer: string): Intent[] {
    const kind = world.random();
    if (kind < 0.15) return uids.filter((uid) => !gone.has(uid)).map((uid) => put(uid, issuer));
    const living = few.filter((uid) => !gone.has(uid));
    if (kind < 0.5) return living.map((uid, i) => put(uid, `${issuer}.${i}`));
    const edit = kind < 0.85 ? block({}) : unblock;
    return living.map((uid) => changeSettings({ uid, type: typeOf(uid) }, edit));
  }

  async function erase(uid: string): Promise<void> {
    gone.add(uid);
    for (let tries = 0; tries < 5; tries += 1) {
      if ((await ofFailing(eraseOwn(pushing.writer(), { uid, type: typeOf(uid) }))) !== undefined) return;
    }
  }

  async function partnersLife(id: string): Promise<void> {
    const partner = pushing.partners.get(id);
    while (partner && !isOver()) {
      partner.mood = world.chance(0.4) ? 'healthy' : world.oneOf(moods);
      partner.notNow = new Set(uids.filter(() => world.chance(0.1)));
      await world.sleep(world.between(1_000, 80_000));
    }
  }

  async function operator(): Promise<void> {
    while (!isOver()) {
      await world.sleep(world.between(1_000, 60_000));
      const id = world.oneOf([...pushing.partners.keys()]);
      await oneOf(world, [
        () => wish(pushing, world, id, 'now'),
        () => wish(pushing, world, id, 'full'),
        () => wish(pushing, world, id, 'retry'),
        () => wish(pushing, world, id, 'paused'),
        () => resume(pushing, id),
        () => pushing.settle(id, { ...pushing.settingsOf(id), pushes: world.chance(0.7) }),
        () =>
          pushing.settle(id, { ...pushing.settingsOf(id), ownParties: pushedParties.slice(0, world.between(1, 3)) }),
        () => pushing.remove(id),
        () => pushing.comeBack(id),
        () => forget(pushing, world, id),
      ])();
    }
  }

  for (const { never } of pushing.partners.values()) if (world.chance(0.3)) never.add(world.oneOf(uids));
  world.spawn(async () => {
    await write(
      pushing,
      options,
      uids.slice(0, world.between(0, uids.length)).map((uid) => put(uid, 'first')),
    );
    for (const name of ['v', 'w']) world.spawn(() => owner(name));
  });
  for (const id of pushing.partners.keys()) world.spawn(() => partnersLife(id));
  if (isSteered) world.spawn(operator);
  world.spawn(async () => {
    while (!isOver()) {
      await world.sleep(minuteMs);
      await pushing.minute();
    }
  });
  await world.untilQuiet();
  await peace(world, pushing, isSteered);
  return { pushing, uids };
}

const oneOf = (world: World, doings: readonly (() => Promise<void>)[]) => world.oneOf(doings);

export async function wish(pushing: Pushing, world: World, id: string, what: 'now' | 'full' | 'retry' | 'paused') {
  const at = world.now();
  await pushing.wish(id, (wishes) => ({ ...wishes, [what]: new Date(at).toISOString() }));
  if (what === 'full' || what === 'retry') pushing.excuses.get(id)?.push({ what, at });
}

const resume = (pushing: Pushing, id: string) => pushing.wish(id, ({ paused: _, ...wishes }) => wishes);

/** The partner loses what it has, and says so. */
async function forget(pushing: Pushing, world: World, id: string): Promise<void> {
  pushing.partners.get(id)?.held.clear();
  await wish(pushing, world, id, 'full');
}

/** All are healthy, and nothing dies any more; what was given up is asked for again, and then it is quiet. */
async function peace(world: World, pushing: Pushing, isSteered: boolean): Promise<void> {
  pushing.perils = { dies: 0, fails: 0 };
  pushing.queue.perils = { lost: 0, doubled: 0, reordered: 0 };
  for (const partner of pushing.partners.values()) {
    partner.mood = 'healthy';
    partner.notNow = new Set();
  }
  world.spawn(async () => {
    for (const id of pushing.partners.keys()) {
      await resume(pushing, id);
      if (isSteered) await pushing.settle(id, { ...pushing.settingsOf(id), pushes: true });
      if (world.chance(0.5)) await wish(pushing, world, id, 'now');
    }
    // Longer than the longest pause, and than a day, after which what was refused is tried again.
    await minutesOf(world, pushing, 2);
    for (const at of [(1.1 * dayMs) / 24, 1.1 * dayMs]) {
      await world.sleep(at);
      for (const excuses of pushing.excuses.values()) excuses.push({ what: 'retry', at: world.now() });
      await minutesOf(world, pushing, 3);
    }
  });
  await world.untilQuiet();
}

export async function minutesOf(world: World, pushing: Pushing, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    await pushing.minute();
    await world.sleep(minuteMs);
  }
}

/** Whatever is not as it should be at rest. */
export async function findingsOf(world: World, { pushing }: Chaos): Promise<string[]> {
  const findings: string[] = [];
  const current = pushing.tokens.current();
  for (const partner of pushing.partners.values()) {
    const { id, held, never } = partner;
    const say = (what: string) => findings.push(`${id}: ${what}`);
    const theirs = pushing.settingsOf(id)?.ownParties ?? pushedParties;
    const refused = await inTime(world, pushing.records.list({ collection: `refused/${id}`, limit: 100 }));
    const noted = refused.items.map(({ data }) => String(data.uid));
    const state = (await inTime(world, pushing.records.get({ collection: statesCollection, id: `${id}/push` })))?.data;
    for (const { data, settings } of current) {
      const { uid, type, last_updated: stamp, valid } = data;
      const isTheirs = theirs.some(({ country_code }) => country_code === data.country_code);
      if (!isTheirs || type === 'EMAID' || settings?.erased) continue;
      const has = held.get(uid);
      if (never.has(uid)) {
        if (!noted.includes(uid)) say(`refuses ${uid}, which is not noted`);
      } else if (has?.stamp !== stamp || has.valid !== valid) say(`has ${has?.stamp} for ${stamp} ${valid} of ${uid}`);
    }
    for (const uid of noted) if (!never.has(uid)) say(`${uid} is noted as refused`);
    const names = (state?.refused ?? []) as string[];
    if (names.length !== noted.length) say(`${names.length} are refused, and ${noted.length} are noted`);
    for (const left of ['failing', 'many', 'full', 'retrying', 'lease']) if (state?.[left]) say(`still ${left}`);
    for (const { uid, issuer } of partner.sends)
      if (issuer === 'erased' || uid === 'T5') say(`was sent ${issuer} ${uid}`);
    findings.push(...twice(pushing, id), ...tooFast(pushing, id));
  }
  return findings;
}

async function inTime<T>(world: World, doing: Promise<T>): Promise<T> {
  await world.untilQuiet();
  return doing;
}

/** Until a worker that had begun before something was said has come to hear of it, and has acted. */
const slackMs = 3 * minuteMs;

/** A full push that was asked for may send a state with what had changed by then, and with all. */
const sendsOfFull = 2;

function twice(pushing: Pushing, id: string): string[] {
  const findings: string[] = [];
  const excuses = pushing.excuses.get(id) ?? [];
  const sends = pushing.partners.get(id)?.sends ?? [];
  for (const same of Map.groupBy(sends, ({ uid, stamp }) => `${uid} ${stamp}`).values()) {
    let ofFulls = 0;
    for (const [i, next] of same.entries()) {
      const last = same[i - 1];
      if (!last || last.outcome === 'failed') continue;
      const isExcused = excuses.some(({ what, at }) => {
        if (what === 'full' || (what === 'retry' && last.outcome !== 'refused')) return false;
        return at <= next.at && at >= last.at - slackMs;
      });
      if (isExcused) continue;
      ofFulls += 1;
      const fulls = excuses.filter(({ what, at }) => what === 'full' && at <= next.at).length;
      if (ofFulls > fulls * sendsOfFull) {
        findings.push(`${id}: ${last.outcome}, and again after ${next.at - last.at} ms: ${next.uid} ${next.stamp}`);
      }
    }
  }
  return findings;
}

function tooFast(pushing: Pushing, id: string): string[] {
  const { pushesAtOnce = 4, pushesPerSecond = 20 } = pushing.settingsOf(id) ?? {};
  const { sends = [], mostAtOnce = 0 } = pushing.partners.get(id) ?? {};
  const findings = mostAtOnce > pushesAtOnce ? [`${id}: ${mostAtOnce} at once`] : [];
  // One slice ends on one clock, and the next begins on another.
  const leastMs = secondMs - clocksMs;
  const isTooFast = sends.some(
    ({ at }, i) => (sends[i + pushesPerSecond]?.at ?? Number.POSITIVE_INFINITY) - at < leastMs,
  );
  if (isTooFast) findings.push(`${id}: more than ${pushesPerSecond} in a second`);
  return findings;
}
