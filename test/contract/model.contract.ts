/** Random sequences of calls, each held against a model that is too simple to be wrong. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TokensCrud } from '../../lib/crud/crud.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import { sameParty } from '../../lib/ocpi/values.ts';
import type { PartyId } from '../../lib/ocpi/versions.ts';
import { addressOf, cpoCall, creationOf, emspCall, tokenArbitrary } from '../support/builders.ts';
import type { OpenedBackend } from './crud.contract.ts';
import { crawl, expectPage, type ListQuery, listPage, outcomeOf } from './support.ts';

/** Fixed, so that a red run is red again; fast-check prints it with the path to the counterexample. */
const seed = 20_261_122;

// Few of each, so that calls meet; and alike, so that they meet only where they should.
const foreignParties = [
  { country_code: 'DE', party_id: 'DMS' },
  { country_code: 'de', party_id: 'Dms' },
  { country_code: 'D', party_id: 'EDM' },
] as const;
const uids = ['a', 'A', 'a#b', 'A#B', '0', 'RFID'] as const;
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
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('get' as const), ...aim, withType: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('list' as const),
      party: fc.option(aim.party, { nil: undefined }),
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
  readonly emspParties: OpenedBackend['emspParties'];

  constructor(emspParties: OpenedBackend['emspParties']) {
    this.emspParties = emspParties;
  }

  party(role: Known['role'], index: number): PartyId {
    const parties: readonly PartyId[] = role === 'CPO' ? foreignParties : this.emspParties;
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

  list({ date_from, date_to, country_code, party_id }: ListQuery): Token[] {
    return this.emspParties
      .filter((own) => !country_code || !party_id || sameParty(own, { country_code, party_id }))
      .flatMap((own) => this.known.filter(({ role, token }) => role === 'EMSP' && sameParty(token, own)))
      .map(({ token }) => token)
      .filter(({ last_updated }) => date_from === undefined || last_updated >= date_from)
      .filter(({ last_updated }) => date_to === undefined || last_updated < date_to);
  }
}

/** Does one operation to both and compares what they answer. */
async function perform(operation: Operation, tokens: TokensCrud, model: Model): Promise<void> {
  if (operation.kind === 'list') {
    const { date_from, date_to, offset, limit } = operation;
    const party = operation.party === undefined ? {} : model.party('EMSP', operation.party);
    const query = { ...party, ...(date_from && { date_from }), ...(date_to && { date_to }) };
    expectPage(await listPage(tokens, query, offset, limit), model.list(query), offset, limit);
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
    expect(await outcomeOf(tokens.create(call(creationOf(token))))).toBe(known ? 'already-exists' : 'done');
    if (!known) model.known.push({ role, token, past: [] });
    return;
  }

  // An own Token is addressed by uid and type, so it may be another own party's than the one drawn.
  const owner = known && role === 'EMSP' ? known.token : party;
  const token = { ...rest, country_code: owner.country_code, party_id: owner.party_id, uid, type, last_updated };
  const current = (await tokens.get(call({ ...address, token_type: type })))?.revision;
  const revision = operation.stale ? (known?.past.at(-1) ?? 'never seen') : (current ?? 'never seen');
  const outcome = await outcomeOf(tokens.update(call({ ...addressOf(token), data: token, revision })));
  expect(outcome).toBe(known && !operation.stale ? 'done' : 'conflict');
  if (known && !operation.stale) Object.assign(known, { token, past: [...known.past, revision] });
}

/** Compares all that is stored. */
async function compare(tokens: TokensCrud, model: Model): Promise<void> {
  for (const { role, token } of model.known) {
    const found = await tokens.get(role === 'CPO' ? cpoCall(addressOf(token)) : emspCall(addressOf(token)));
    expect(found?.data).toStrictEqual(token);
  }
  for (const limit of [1, 3, 100]) expect(await crawl(tokens, {}, limit)).toStrictEqual(model.list({}));
  for (const party of model.emspParties) expect(await crawl(tokens, party, 2)).toStrictEqual(model.list(party));
}

/** Declares the random test. */
export function modelContract(open: () => Promise<OpenedBackend>, numRuns: number): void {
  it('answers any sequence of calls as a simple model does', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40, size: 'max' }), async (operations) => {
        const { backend, emspParties, close } = await open();
        try {
          const model = new Model(emspParties);
          for (const operation of operations) await perform(operation, backend.tokens, model);
          await compare(backend.tokens, model);
        } finally {
          await close?.();
        }
      }),
      { seed, numRuns, endOnFailure: false },
    );
  });
}
