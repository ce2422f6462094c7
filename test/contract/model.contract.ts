/** Random sequences of calls, each held against a model that is too simple to be wrong. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TokensStorage } from '../../lib/crud/crud.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import { sameParty } from '../../lib/ocpi/values.ts';
import type { PartyId } from '../../lib/ocpi/versions.ts';
import {
  addressOf,
  cpoCall,
  emspCall,
  ownCreation,
  ownUpdate,
  receivedCreation,
  receivedUpdate,
  tokenArbitrary,
} from '../support/builders.ts';
import type { OpenedStorage } from './crud.contract.ts';
import { outcomeOf } from './support.ts';
import { crawl, crawlReceived, type Dates, expectPage, listPage } from './tokens/support.ts';

/** Fixed, so that a red run is red again; fast-check prints it with the path to the counterexample. */
const seed = 20_261_122;

// Few of each, so that calls meet; and alike, so that they meet only where they should.
const foreignParties = [
  { country_code: 'DE', party_id: 'DMS' },
  { country_code: 'de', party_id: 'Dms' },
  { country_code: 'D', party_id: 'EDM' },
] as const;
const uids = ['a', 'A', '0a', 'a#b', 'A#B', '0', 'RFID'] as const;
const types = ['RFID', 'OTHER', 'rfid'] as const;
const instants = ['2026-01-31T00:00:00.000Z', '2026-01-31T00:00:00.001Z', '2026-02-01T00:00:00.000Z'] as const;

const aim = {
  role: fc.constantFrom('CPO', 'EMSP'),
  party: fc.nat({ max: 2 }),
  uid: fc.constantFrom(...uids),
  type: fc.constantFrom(...types),
};
const content = fc.record({ rest: tokenArbitrary, last_updated: fc.constantFrom(...instants) });
const date = fc.option(fc.constantFrom(...instants), { nil: undefined });

const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('create' as const), ...aim, content }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('update' as const), ...aim, content, stale: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), ...aim, content, to: aim.uid }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('get' as const), ...aim, withType: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('received' as const),
      party: fc.option(aim.party, { nil: undefined }),
      uid: fc.option(aim.uid, { nil: undefined }),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('list' as const),
      party: aim.party,
      date_from: date,
      date_to: date,
      offset: fc.nat({ max: 6 }),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

interface Known {
  role: 'CPO' | 'EMSP';
  token: Token;
  /** Revisions that the Token no longer has. */
  past: string[];
}

/** What should be stored, as one array in order of creation. */
class Model {
  readonly known: Known[] = [];
  readonly ownParties: OpenedStorage['parties'];

  constructor(ownParties: OpenedStorage['parties']) {
    this.ownParties = ownParties;
  }

  party(role: Known['role'], index: number): PartyId {
    const parties: readonly PartyId[] = role === 'CPO' ? foreignParties : this.ownParties;
    return parties[index % parties.length] as PartyId;
  }

  /** All Tokens with this uid, of any type. */
  alike(role: Known['role'], party: PartyId, uid: string): Known[] {
    return this.known.filter(
      (entry) =>
        entry.role === role &&
        entry.token.uid.toLowerCase() === uid.toLowerCase() &&
        (role === 'EMSP' || sameParty(entry.token, party)),
    );
  }

  find(role: Known['role'], party: PartyId, uid: string, type: string | undefined): Known | undefined {
    const alike = this.alike(role, party, uid);
    const exact = alike.find(({ token }) => token.type === (type ?? 'RFID'));
    return exact ?? (type === undefined && alike.length === 1 ? alike[0] : undefined);
  }

  /** What an owner's erasure leaves. */
  remove(known: Known, successor: Token | undefined): void {
    if (successor) Object.assign(known, { token: successor, past: [] });
    else this.known.splice(this.known.indexOf(known), 1);
  }

  list(party: PartyId, { date_from, date_to }: Dates = {}): Token[] {
    return this.known
      .filter(({ role, token }) => role === 'EMSP' && sameParty(token, party))
      .map(({ token }) => token)
      .filter(({ last_updated }) => date_from === undefined || last_updated >= date_from)
      .filter(({ last_updated }) => date_to === undefined || last_updated < date_to);
  }

  received(party: PartyId | undefined, uid: string | undefined): Token[] {
    const bare = (text: string) => text.toLowerCase().replace(/^0+/, '');
    return this.known
      .filter(({ role }) => role === 'CPO')
      .map(({ token }) => token)
      .filter((token) => party === undefined || sameParty(token, party))
      .filter((token) => uid === undefined || bare(token.uid) === bare(uid));
  }
}

/** In an order that does not depend on the storage's. */
const sorted = (tokens: readonly Token[]): string[] => tokens.map((token) => JSON.stringify(addressOf(token))).sort();

/** Does one operation to both and compares what they answer. */
async function perform(operation: Operation, tokens: TokensStorage, model: Model): Promise<void> {
  if (operation.kind === 'list') {
    const { date_from, date_to, offset, limit } = operation;
    const party = model.party('EMSP', operation.party);
    const dates = { ...(date_from && { date_from }), ...(date_to && { date_to }) };
    expectPage(await listPage(tokens, party, dates, offset, limit), model.list(party, dates), offset, limit);
    return;
  }

  if (operation.kind === 'received') {
    const { uid, limit } = operation;
    const party = operation.party === undefined ? undefined : model.party('CPO', operation.party);
    const found = await crawlReceived(tokens, { ...party, ...(uid !== undefined && { id: uid }) }, limit);
    expect(sorted(found.map(({ data }) => data))).toEqual(sorted(model.received(party, uid)));
    return;
  }

  const { role, uid, type } = operation;
  const party = model.party(role, operation.party);
  const call = <Rest extends object>(rest: Rest) => (role === 'CPO' ? cpoCall(rest) : emspCall(rest));
  const address = role === 'CPO' ? { ...party, id: uid } : { id: uid };

  if (operation.kind === 'get') {
    const found = await tokens.get(call(operation.withType ? { ...address, token_type: type } : address));
    expect(found?.data).toStrictEqual(model.find(role, party, uid, operation.withType ? type : undefined)?.token);
    return;
  }

  const { rest, last_updated } = operation.content;
  const known = model.find(role, party, uid, type);

  if (operation.kind === 'create') {
    const token = { ...rest, ...party, uid, type, last_updated };
    const creation = role === 'CPO' ? receivedCreation(token) : ownCreation(token);
    expect(await outcomeOf(tokens.create(creation))).toBe(known ? 'already-exists' : 'done');
    if (!known) model.known.push({ role, token, past: [] });
    return;
  }

  // An own Token is addressed by uid and type, so it may be another own party's than the one drawn.
  const owner = known && role === 'EMSP' ? known.token : party;
  const token = { ...rest, country_code: owner.country_code, party_id: owner.party_id, uid, type, last_updated };
  const current = (await tokens.get(call({ ...address, token_type: type })))?.revision;

  if (operation.kind === 'delete') {
    const old = known?.token ?? token;
    const successor = { ...token, uid: operation.to };
    const taken = role === 'EMSP' ? model.find(role, party, operation.to, type) : undefined;
    const deletion =
      role === 'CPO'
        ? cpoCall({ ...addressOf(old), revision: current ?? 'never seen' })
        : { ...ownUpdate(old, current ?? 'never seen'), data: successor };
    const expected = !known ? 'conflict' : taken && taken !== known ? 'already-exists' : 'done';
    const outcome = await outcomeOf(tokens.delete(deletion));
    expect(outcome).toBe(expected);
    if (outcome === 'done') model.remove(known as Known, role === 'EMSP' ? successor : undefined);
    return;
  }

  const revision = operation.stale ? (known?.past.at(-1) ?? 'never seen') : (current ?? 'never seen');
  const update = role === 'CPO' ? receivedUpdate(token, revision) : ownUpdate(token, revision);
  const outcome = await outcomeOf(tokens.update(update));
  expect(outcome).toBe(known && !operation.stale ? 'done' : 'conflict');
  if (known && !operation.stale) Object.assign(known, { token, past: [...known.past, revision] });
}

/** Compares all that is stored. */
async function compare(tokens: TokensStorage, model: Model): Promise<void> {
  for (const { role, token } of model.known) {
    const found = await tokens.get(role === 'CPO' ? cpoCall(addressOf(token)) : emspCall(addressOf(token)));
    expect(found?.data).toStrictEqual(token);
  }
  for (const party of model.ownParties) {
    for (const limit of [1, 3, 100]) expect(await crawl(tokens, party, {}, limit)).toStrictEqual(model.list(party));
  }
  const received = (await crawlReceived(tokens, {}, 3)).map(({ data }) => data);
  expect(sorted(received)).toEqual(sorted(model.received(undefined, undefined)));
}

/** Declares the random test. */
export function modelContract(open: () => Promise<OpenedStorage>, numRuns: number): void {
  it('answers any sequence of calls as a simple model does', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40, size: 'max' }), async (operations) => {
        const { storage, parties, close } = await open();
        try {
          const model = new Model(parties);
          for (const operation of operations) await perform(operation, storage.tokens, model);
          await compare(storage.tokens, model);
        } finally {
          await close?.();
        }
      }),
      { seed, numRuns, endOnFailure: false },
    );
  });
}
