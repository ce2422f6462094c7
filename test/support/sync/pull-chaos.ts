/** What befalls a world that pulls: lists that change, moods, pushes, the operator, and in the end peace. */
import type { PartyId } from '../../../lib/ocpi/versions.ts';
import { mostInvalidated } from '../../../lib/sync/pull/compare.ts';
import { type PullState, statesCollection } from '../../../lib/sync/state.ts';
import type { World } from '../world.ts';
import { type ListedToken, type ListingPartner, listMoods, listPagings, stateOf } from './listing-partner.ts';
import { type PulledPartner, type PulledWorld, startPulledWorld, versionOf } from './pulled-world.ts';
import { hourMs, minuteMs, secondMs } from './simulated.ts';

export interface PullChaosOptions {
  /** Whether functions die, storages fail, and messages are lost. */
  isMortal: boolean;
  /** Whether the operator interferes. */
  isSteered: boolean;
  /** Whether Tokens leave the lists, which OCPI does not want; then none is new, because both at once cannot be seen. */
  sheds: boolean;
}

export interface PullChaos {
  pulled: PulledWorld;
  options: PullChaosOptions;
  /** Whether all was read in full when all was quiet. */
  isRead: boolean;
}

const chaosMs = 25 * minuteMs;
/** From the change of a Token until it is listed, and until it is pushed. */
const landsMs = 20 * secondMs;
const pushedMs = 30 * secondMs;

/** Of so many, a few may be bad. */
const fewListed = 6;
const mostBad = 3;

const plain: PartyId = { country_code: 'DE', party_id: 'AAA' };
const [second, third]: [PartyId, PartyId] = [
  { country_code: 'FR', party_id: 'BBB' },
  { country_code: 'FR', party_id: 'CCC' },
];

/** Who owns what is listed, and with which issuer; the last one of a hub is mapped to nobody. */
const ownersOf = { aaa: [plain], hub: [second, third, { country_code: 'FR', party_id: 'XXX' }] } as const;
export const ownersHeld = { aaa: [plain], hub: [second, third] } as const;
export type PartnerId = keyof typeof ownersOf;
const partnerIds = ['aaa', 'hub'] as const;

const issuerOf = ({ party_id }: PartyId): string => `FR*${party_id}`;

function partnerOf(world: World, id: PartnerId, { sheds }: PullChaosOptions): PulledPartner {
  const isHub = id === 'hub';
  return {
    version: versionOf(isHub),
    paging: world.oneOf(listPagings),
    pageSize: world.between(1, 9),
    aheadMs: world.oneOf([0, -hourMs, 10 * minuteMs, 20 * secondMs]),
    roles: isHub ? [{ country_code: 'FR', party_id: '107', role: 'HUB' }] : [{ ...plain, role: 'EMSP' }],
    settings: {
      pullEveryMinutes: world.between(2, 8),
      ...(sheds && { pullMissing: world.oneOf(['report', 'invalidate', 'invalidate-all'] as const) }),
      ...(world.chance(0.3) && { pullLimit: world.between(1, 6) }),
      ...(isHub && {
        isHub: true,
        hubParties: [...ownersHeld.hub],
        ownersByIssuer: ownersHeld.hub.map((party) => ({ issuer: issuerOf(party), ...party })),
      }),
    },
  };
}

export async function pullChaos(world: World, options: PullChaosOptions): Promise<PullChaos> {
  const { isMortal, isSteered, sheds } = options;
  const partners = { aaa: partnerOf(world, 'aaa', options), hub: partnerOf(world, 'hub', options) };
  const pulled = await startPulledWorld(world, {
    partners,
    readsMany: world.chance(0.5),
    workers: world.between(1, 3),
    perils: isMortal ? { dies: world.oneOf([0, 0.003, 0.02]), fails: world.oneOf([0, 0.003]) } : { dies: 0, fails: 0 },
    queuePerils: isMortal ? { lost: 0.02, doubled: 0.1, reordered: 0.1 } : { lost: 0, doubled: 0, reordered: 0 },
  });
  const startedAt = world.now();
  const isOver = () => world.now() > startedAt + chaosMs;

  const partnerNamed = (id: PartnerId): ListingPartner => pulled.partners.get(id) as ListingPartner;
  let created = 0;
  // Where pages are named by a cursor, nobody can ask for what is behind an object.
  const stumbling = partnerIds.filter((id) => partners[id].paging !== 'cursor' && world.chance(0.5));
  const stumbles = (id: PartnerId): boolean => stumbling.includes(id);

  function create(id: PartnerId): void {
    const { list, clock } = partnerNamed(id);
    const owner = world.oneOf(ownersOf[id]);
    created += 1;
    const last_updated = stampOf(clock());
    list.push({ uid: `T${created}`, state: 1, owner, issuer: issuerOf(owner), valid: world.chance(0.8), last_updated });
  }

  /** Half of the partners know whole seconds only. */
  const stampOf = (ms: number): string =>
    new Date(world.chance(0.5) ? ms : Math.floor(ms / 1_000) * 1_000).toISOString();

  async function change(id: PartnerId, only?: string): Promise<void> {
    const { list, clock } = partnerNamed(id);
    if (list.length === 0) return;
    const uid = only ?? world.oneOf(list).uid;
    const stamp = stampOf(clock());
    await world.sleep(only !== undefined || world.chance(0.7) ? 0 : world.between(0, landsMs));
    const index = list.findIndex((each) => each.uid === uid);
    const before = list[index];
    if (!before) return;
    const last_updated = stamp > before.last_updated ? stamp : before.last_updated;
    const { wasBad: _, ...others } = before;
    const after = { ...others, state: before.state + 1, valid: world.chance(0.7), last_updated };
    list[index] = after;
    if ((only !== undefined || world.chance(0.5)) && isHeld(id, after)) {
      world.spawn(async () => {
        await world.sleep(world.between(0, only === undefined ? world.oneOf([500, pushedMs]) : 300));
        await pulled.push(id, after);
      });
    }
  }

  /** An object that it cannot write, or can again, changed or as it was. */
  function stumble(id: PartnerId): void {
    const { list } = partnerNamed(id);
    const bad = list.filter(({ isBad }) => isBad);
    if (list.length > fewListed && bad.length < mostBad && world.chance(0.6)) world.oneOf(list).isBad = true;
    else if (bad.length > 0) mend(world.oneOf(bad));
  }

  async function partnersLife(id: PartnerId): Promise<void> {
    while (!isOver()) {
      const { list } = partnerNamed(id);
      const kind = world.random();
      if (stumbles(id) && world.chance(0.15)) stumble(id);
      else if (sheds && kind < 0.2) list.splice(world.between(0, list.length), world.between(1, 3));
      else if (!sheds && kind < 0.3) create(id);
      else await change(id);
      await world.sleep(world.oneOf([world.between(0, 400), world.between(0, 20_000), world.between(0, 120_000)]));
    }
  }

  async function moods(id: PartnerId): Promise<void> {
    while (!isOver()) {
      partnerNamed(id).mood = world.chance(0.5) ? 'healthy' : world.oneOf(listMoods);
      await world.sleep(world.between(1_000, 180_000));
    }
    // While a list has no end, it is never quiet.
    partnerNamed(id).mood = 'healthy';
  }

  async function operator(): Promise<void> {
    while (!isOver()) {
      await world.sleep(world.between(1_000, 120_000));
      const id = world.oneOf(partnerIds);
      const at = new Date(world.now()).toISOString();
      await world.oneOf([
        () => pulled.wish(id, (wishes) => ({ ...wishes, now: at })),
        () => pulled.wish(id, (wishes) => ({ ...wishes, full: at })),
        () => pulled.wish(id, (wishes) => ({ ...wishes, paused: at })),
        () => pulled.wish(id, ({ paused: _, ...wishes }) => wishes),
        () => pulled.remove(id),
        () => pulled.comeBack(id),
      ])();
    }
  }

  for (const id of partnerIds) {
    for (let n = world.between(0, 30); n > 0; n -= 1) create(id);
    world.spawn(() => partnersLife(id));
    partnerNamed(id).meanwhile = (uids) => {
      if (uids.length > 0 && !isOver() && world.chance(0.3)) world.spawn(() => change(id, world.oneOf(uids)));
    };
    world.spawn(() => moods(id));
  }
  if (isSteered) world.spawn(operator);
  world.spawn(() => pulled.minutes(chaosMs / minuteMs));
  await world.untilQuiet();
  const isRead = sheds || world.chance(0.5);
  for (const id of partnerIds) {
    const bad = partnerNamed(id).list.filter(({ isBad }) => isBad);
    // Whoever can write hardly anything is as good as down, and his pauses are long.
    const isHopeless = bad.length > partnerNamed(id).list.length / 2;
    if (isHopeless || world.chance(0.5)) for (const each of bad) mend(each);
  }
  await peace(world, pulled, isRead);
  return { pulled, options, isRead };
}

const isHeld = (id: PartnerId, { owner }: ListedToken): boolean =>
  ownersHeld[id].some(({ party_id }) => party_id === owner.party_id);

function mend(token: ListedToken): void {
  token.isBad = false;
  token.wasBad = true;
}

/** All are healthy, and nothing dies any more. */
async function peace(world: World, pulled: PulledWorld, isRead: boolean): Promise<void> {
  pulled.perils = { dies: 0, fails: 0 };
  pulled.queue.perils = { lost: 0, doubled: 0, reordered: 0 };
  for (const partner of pulled.partners.values()) partner.mood = 'healthy';
  world.spawn(async () => {
    for (const id of pulled.partners.keys()) {
      await pulled.comeBack(id);
      await pulled.wish(id, ({ paused: _, ...wishes }) => wishes);
    }
    // What has come in within two minutes of a walk does not count as missing.
    await pulled.minutes(4);
    const at = new Date(world.now()).toISOString();
    for (const id of pulled.partners.keys()) {
      await pulled.wish(id, (wishes) => ({ ...wishes, ...(isRead ? { full: at } : { now: at }) }));
    }
    // Longer than the interval, so that there is a delta, and a wake that was lost has come again.
    await pulled.minutes(15);
  });
  await world.untilQuiet();
}

/** Whatever is not as it should be at rest. */
export async function pullFindings(world: World, { pulled, isRead, options }: PullChaos): Promise<string[]> {
  const findings = [...pulled.findings];
  for (const [id, { list }] of pulled.partners) {
    const say = (what: string) => findings.push(`${id}: ${what}`);
    const parties = ownersHeld[id as PartnerId];
    const listed = new Map(
      list.filter((each) => isHeld(id as PartnerId, each)).map((each) => [`${each.owner.party_id} ${each.uid}`, each]),
    );
    const copy = (await Promise.all(parties.map((party) => pulled.copy(party)))).flat();
    const held = new Map(copy.map(({ data }) => [`${data.party_id} ${data.uid}`, data]));
    for (const [name, { state, valid, isBad, wasBad }] of listed) {
      if (isBad || (wasBad && !isRead)) continue;
      const ours = held.get(name);
      const is = ours && `${stateOf(ours)} ${ours.valid}`;
      if (is !== `${state} ${valid}`) say(`${name} is ${state} ${valid} there, and ${is} here`);
    }
    const stored = await inTime(world, pulled.records.get({ collection: statesCollection, id: `${id}/pull` }));
    const state = stored?.data as unknown as PullState | undefined;
    for (const left of ['walk', 'failing', 'lease', 'stopped'] as const) {
      const isExcused = left === 'stopped' && !isRead;
      if (state?.[left] && !isExcused) say(`still ${left}: ${JSON.stringify(state[left])}`);
    }
    if (state?.litter.length !== 0) say('there is litter');
    const names = await inTime(world, pulled.records.list({ collection: `named/${id}`, limit: 9 }));
    if (names.items.length > 0) say(`${names.items.length} records of names are left`);
    if (!isRead || !state) continue;
    const bad = list.filter(({ isBad }) => isBad).length;
    const { passedOver } = state.full ?? {};
    if ((passedOver?.count ?? 0) !== bad) say(`passed over ${JSON.stringify(passedOver)}, and cannot write ${bad}`);
    if ((state.unread !== undefined) !== bad > 0) say(`unread are ${JSON.stringify(state.unread)}`);
    const gone = copy.filter(({ data }) => !listed.has(`${data.party_id} ${data.uid}`));
    const valid = gone.filter(({ data }) => data.valid);
    if (!options.sheds && gone.length > 0) say(`${gone.length} that nobody ever listed`);
    const { missing = -1, invalidated = 0, withheld } = state.full ?? {};
    if (bad > 0 && missing >= 0) say(`${missing} missing, though not all came`);
    // An empty list says nothing.
    if (list.length === 0 || bad > 0) continue;
    const newest = list.reduce(
      (last, each) => (isHeld(id as PartnerId, each) && each.last_updated > last ? each.last_updated : last),
      '',
    );
    const judged = valid.filter(({ data }) => data.last_updated <= newest);
    if (missing - invalidated !== judged.length)
      say(`${missing} missing and ${invalidated} made invalid, but ${judged.length} are`);
    const validBefore = copy.filter(({ data }) => data.valid).length + invalidated;
    if (withheld && missing <= mostInvalidated(validBefore)) say(`withheld ${missing} of ${validBefore}`);
  }
  return findings;
}

async function inTime<T>(world: World, doing: Promise<T>): Promise<T> {
  await world.untilQuiet();
  return doing;
}
