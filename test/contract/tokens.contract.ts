/** The rules of `TokensCrud`, one test each. */
import { describe, expect, it } from 'vitest';
import type { TokenAddress, TokensCrud } from '../../lib/crud/crud.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import type { PartyId } from '../../lib/ocpi/versions.ts';
import {
  addressOf,
  cpoCall,
  creationOf,
  emspCall,
  foreignParty,
  fullToken,
  optionalFields,
  ownToken,
  swapCase,
  token,
} from '../support/builders.ts';
import type { OpenedBackend } from './crud.contract.ts';
import { crawl, createOwn, expectPage, listPage, oneWinnerOf, outcomeOf, outcomesOf } from './support.ts';

const racers = Array.from({ length: 20 }, (_, index) => index);

/** So many own Tokens `<prefix>0`, `<prefix>1` …, in this order. */
const series = (party: PartyId, count: number, prefix = 'T'): Token[] =>
  Array.from({ length: count }, (_, index) => ownToken(party, { uid: `${prefix}${index}` }));

const uidsOf = (tokens: readonly Token[]) => tokens.map(({ uid }) => uid);

/** Stores a received Token. */
const receive = (tokens: TokensCrud, data: Token) => tokens.create(cpoCall(creationOf(data)));

/** Reads a received Token that has to be there. */
async function read(tokens: TokensCrud, address: TokenAddress) {
  const stored = await tokens.get(cpoCall(address));
  if (!stored) throw new Error(`There is no Token ${JSON.stringify(address)}`);
  return stored;
}

/** Reads an own Token that has to be there. */
async function readOwn(tokens: TokensCrud, { uid, type }: Token) {
  const stored = await tokens.get(emspCall({ id: uid, token_type: type }));
  if (!stored) throw new Error(`There is no own Token ${uid}`);
  return stored;
}

/** Replaces an own Token with whatever revision it has. */
async function updateOwn(tokens: TokensCrud, data: Token) {
  const { revision } = await readOwn(tokens, data);
  await tokens.update(emspCall({ ...addressOf(data), data, revision }));
}

/** The first own party and the second. */
function twoOf([first, second]: OpenedBackend['emspParties'], skip: (reason: string) => never): [PartyId, PartyId] {
  if (!second) skip('this backend was opened with one own EMSP party');
  return [first, second as PartyId];
}

export function tokensContract(opened: () => OpenedBackend): void {
  const open = () => {
    const { backend, emspParties } = opened();
    return { tokens: backend.tokens, emspParties, ours: emspParties[0] };
  };

  describe('tokens: get and create', () => {
    it('TOK-GET-01 gives back every field as it was sent, for both roles', async () => {
      const { tokens, ours } = open();
      const received = fullToken({
        issuer: 'Łódź 電気 🔌',
        visual_number: '',
        last_updated: '2026-01-31T12:00:00.123Z',
      });
      const own = fullToken({ ...ours, valid: false, energy_contract: { supplier_name: '' } });
      await receive(tokens, received);
      await createOwn(tokens, [own]);

      expect((await read(tokens, addressOf(received))).data).toStrictEqual(received);
      expect((await readOwn(tokens, own)).data).toStrictEqual(own);
    });

    it('has no optional field that was not sent', async () => {
      const { tokens } = open();
      await receive(tokens, token());
      expect((await read(tokens, addressOf(token()))).data).toStrictEqual(token());
    });

    it('TOK-GET-04 knows nothing of a Token that is not there', async () => {
      const { tokens } = open();
      await receive(tokens, token());
      const address = addressOf(token());

      expect(await tokens.get(cpoCall({ ...address, id: 'another' }))).toBeUndefined();
      expect(await tokens.get(cpoCall({ ...address, token_type: 'OTHER' }))).toBeUndefined();
      expect(await tokens.get(cpoCall({ ...address, country_code: 'FR' }))).toBeUndefined();
      expect(await tokens.get(cpoCall({ ...address, party_id: 'XXX' }))).toBeUndefined();
      expect(await tokens.get(emspCall({ id: address.id, token_type: 'RFID' }))).toBeUndefined();
      expect(await tokens.get(emspCall({ id: address.id }))).toBeUndefined();
    });

    it('DT-02 finds ids in any letter case and returns the spelling received', async () => {
      const { tokens, ours } = open();
      const received = token({ country_code: 'dE', party_id: 'dMs', uid: 'aB/c#1', contract_id: 'de-Dms-c1' });
      const own = ownToken(ours, { uid: 'aB/c#2' });
      await receive(tokens, received);
      await createOwn(tokens, [own]);

      for (const spell of [swapCase, (text: string) => text.toUpperCase(), (text: string) => text.toLowerCase()]) {
        const address = {
          country_code: spell(received.country_code),
          party_id: spell(received.party_id),
          id: spell(received.uid),
        };
        expect((await read(tokens, address)).data).toStrictEqual(received);
        expect((await read(tokens, { ...address, token_type: 'RFID' })).data).toStrictEqual(received);
        expect((await tokens.get(emspCall({ id: spell(own.uid) })))?.data).toStrictEqual(own);
      }
      expect(await outcomeOf(receive(tokens, { ...received, uid: 'Ab/C#1', party_id: 'DmS' }))).toBe('already-exists');
    });

    it('TOK-OBJ-02 keeps two Tokens with one uid and different types side by side', async () => {
      const { tokens, ours } = open();
      for (const type of ['RFID', 'APP_USER', 'OTHER', 'rfid']) {
        await receive(tokens, token({ type, issuer: `received ${type}` }));
        await createOwn(tokens, [ownToken(ours, { type, issuer: `own ${type}` })]);
      }
      for (const type of ['RFID', 'APP_USER', 'OTHER', 'rfid']) {
        const received = await read(tokens, { ...addressOf(token()), token_type: type });
        expect(received.data).toStrictEqual(token({ type, issuer: `received ${type}` }));
        const own = await readOwn(tokens, ownToken(ours, { type }));
        expect(own.data).toStrictEqual(ownToken(ours, { type, issuer: `own ${type}` }));
      }
      expect(await tokens.get(cpoCall({ ...addressOf(token()), token_type: 'Rfid' }))).toBeUndefined();
    });

    it('TOK-GET-05 TOK-PATCH-03 reads an absent type as RFID, else as the only Token with that uid', async () => {
      const { tokens, ours } = open();
      const { token_type: _, ...address } = addressOf(token());
      const received = async () => (await tokens.get(cpoCall(address)))?.data.type;
      const own = async () => (await tokens.get(emspCall({ id: token().uid })))?.data.type;
      const authorized = async () =>
        (await tokens.do(emspCall(authorizationOf({ ...ownToken(ours), type: undefined }))))?.token.type;
      const seen = async () => [await received(), await own(), await authorized()];
      const add = async (type: string) => {
        await receive(tokens, token({ type }));
        await createOwn(tokens, [ownToken(ours, { type })]);
      };

      expect(await seen()).toEqual([undefined, undefined, undefined]);
      await add('APP_USER');
      expect(await seen()).toEqual(['APP_USER', 'APP_USER', 'APP_USER']);
      await add('rfid');
      expect(await seen()).toEqual([undefined, undefined, undefined]);
      await add('RFID');
      expect(await seen()).toEqual(['RFID', 'RFID', 'RFID']);
    });

    it('TOK-GET-05 looks for the only Token among those of the same owner and exactly that uid', async () => {
      const { tokens } = open();
      await receive(tokens, token({ uid: 'A', type: 'APP_USER' }));
      await receive(tokens, token({ uid: 'A1', type: 'OTHER' }));
      await receive(tokens, token({ uid: 'A', type: 'RFID', party_id: 'XXX' }));
      expect((await read(tokens, { ...foreignParty, id: 'a' })).data.type).toBe('APP_USER');
    });

    it('TOK-OBJ-02 has the owner in the identity of a received Token', async () => {
      const { tokens } = open();
      const owners = [
        { country_code: 'DE', party_id: 'DMS' },
        { country_code: 'DE', party_id: 'DMX' },
        { country_code: 'AT', party_id: 'DMS' },
      ];
      for (const owner of owners) await receive(tokens, token({ ...owner, issuer: JSON.stringify(owner) }));
      for (const owner of owners) {
        const stored = await read(tokens, addressOf(token(owner)));
        expect(stored.data).toStrictEqual(token({ ...owner, issuer: JSON.stringify(owner) }));
      }
    });

    it('TOK-OBJ-02 identifies an own Token by uid and type, whichever own party it belongs to', async ({ skip }) => {
      const { tokens, emspParties } = open();
      const [first, second] = twoOf(emspParties, skip);
      await createOwn(tokens, [ownToken(first)]);
      expect(await outcomeOf(tokens.create(emspCall(creationOf(ownToken(second)))))).toBe('already-exists');
      expect(await crawl(tokens)).toStrictEqual([ownToken(first)]);
    });

    it('does not mix the roles, even for the same party, uid and type', async () => {
      const { tokens, ours } = open();
      await receive(tokens, ownToken(ours, { issuer: 'received' }));
      expect(await tokens.get(emspCall({ id: token().uid }))).toBeUndefined();
      expect(await tokens.do(emspCall(authorizationOf(ownToken(ours))))).toBeUndefined();
      expect(await crawl(tokens)).toEqual([]);
      expect(await crawl(tokens, ours)).toEqual([]);

      await createOwn(tokens, [ownToken(ours, { issuer: 'own' })]);
      expect((await read(tokens, addressOf(ownToken(ours)))).data.issuer).toBe('received');
      expect((await readOwn(tokens, ownToken(ours))).data.issuer).toBe('own');
      expect((await crawl(tokens)).map(({ issuer }) => issuer)).toEqual(['own']);
    });

    it.each(['#', '/', '|', ':', '.', '%', '\\', '"', ',', ' ', '_', '-', '~', '%00'])(
      'DT-01 tells Tokens apart whose ids contain %j',
      async (separator) => {
        const { tokens } = open();
        const alike = [
          token({ country_code: 'N', party_id: `L${separator}A`.slice(0, 3), uid: 'B' }),
          token({ country_code: `N${separator}`.slice(0, 2), party_id: 'L', uid: `A${separator}B` }),
          token({ country_code: 'N', party_id: 'L', uid: `A${separator}B` }),
          token({ country_code: 'N', party_id: 'L', uid: 'A', type: `B${separator}RFID` }),
          token({ country_code: 'N', party_id: 'L', uid: 'B', type: `RFID${separator}A` }),
          token({ country_code: 'N', party_id: 'L', uid: `A${separator}B`, type: 'OTHER' }),
          token({ country_code: 'N', party_id: 'L', uid: `A${separator}B${separator}OTHER` }),
          token({ country_code: 'N', party_id: 'L', uid: `${separator}A${separator}B` }),
          token({ country_code: 'N', party_id: 'L', uid: `A${separator}B${separator}` }),
        ].map((data, index) => ({ ...data, issuer: `issuer ${index}` }));

        for (const data of alike) await receive(tokens, data);
        for (const data of alike) expect((await read(tokens, addressOf(data))).data).toStrictEqual(data);
      },
    );

    it('DT-01 tells Tokens apart whose ids read the same one after the other', async () => {
      const { tokens, ours } = open();
      const alike = [
        token({ country_code: 'NL', party_id: 'A', uid: 'AB' }),
        token({ country_code: 'N', party_id: 'LA', uid: 'AB' }),
        token({ country_code: 'N', party_id: 'LAA', uid: 'B' }),
        token({ country_code: 'N', party_id: 'LA', uid: 'A', type: 'BRFID' }),
        token({ country_code: 'N', party_id: 'LA', uid: 'ABRF', type: 'ID' }),
        token({ country_code: 'N', party_id: 'LA', uid: 'B', type: 'RFIDA' }),
      ];
      const own = [
        ownToken(ours, { uid: 'AB', type: 'C' }),
        ownToken(ours, { uid: 'A', type: 'BC' }),
        ownToken(ours, { uid: 'B', type: 'CA' }),
      ];
      for (const data of alike) await receive(tokens, data);
      await createOwn(tokens, own);
      for (const data of alike) expect((await read(tokens, addressOf(data))).data).toStrictEqual(data);
      for (const data of own) expect((await readOwn(tokens, data)).data).toStrictEqual(data);
      expect(await crawl(tokens)).toStrictEqual(own);
    });

    it('is not confused by uids and types that JavaScript knows', async () => {
      const { tokens, ours } = open();
      for (const name of ['__proto__', 'constructor', 'toString']) {
        expect(await tokens.get(cpoCall({ ...foreignParty, id: name, token_type: name }))).toBeUndefined();
        await receive(tokens, token({ uid: name, type: name }));
        await createOwn(tokens, [ownToken(ours, { uid: name, type: name })]);
        expect((await read(tokens, { ...foreignParty, id: name })).data.uid).toBe(name);
      }
      expect(uidsOf(await crawl(tokens))).toEqual(['__proto__', 'constructor', 'toString']);
    });

    it('TOK-GET-02 takes ids of the full length', async () => {
      const { tokens, ours } = open();
      const longest = { uid: '~'.repeat(36), type: 'T'.repeat(36), contract_id: 'c'.repeat(36) };
      const texts = { issuer: '😀'.repeat(64), visual_number: '日'.repeat(64), group_id: 'g'.repeat(36) };
      const data = fullToken({ ...longest, ...texts });
      await receive(tokens, data);
      await createOwn(tokens, [{ ...data, ...ours }]);
      expect((await read(tokens, addressOf(data))).data).toStrictEqual(data);
      expect(await crawl(tokens)).toStrictEqual([{ ...data, ...ours }]);
    });

    it('create never overwrites', async () => {
      const { tokens, ours } = open();
      await receive(tokens, token());
      await createOwn(tokens, [ownToken(ours)]);
      const before = await read(tokens, addressOf(token()));

      expect(await outcomeOf(receive(tokens, token({ issuer: 'another' })))).toBe('already-exists');
      expect(await read(tokens, addressOf(token()))).toStrictEqual(before);

      const again = tokens.create(emspCall(creationOf(ownToken(ours, { issuer: 'another' }))));
      expect(await outcomeOf(again)).toBe('already-exists');
      expect(await crawl(tokens)).toStrictEqual([ownToken(ours)]);
    });

    it('shares no object with its caller', async () => {
      const { tokens, ours } = open();
      const given = fullToken(ours);
      await createOwn(tokens, [given]);
      const spoil = (data: Token) => {
        data.issuer = 'spoilt';
        if (data.energy_contract) data.energy_contract.supplier_name = 'spoilt';
        delete data.visual_number;
      };

      spoil(given);
      spoil((await readOwn(tokens, given)).data);
      for (const data of (await listPage(tokens, {}, 0, 10)).items) spoil(data);
      const authorization = await tokens.do(emspCall(authorizationOf(given)));
      spoil(authorization?.token as Token);
      expect((await readOwn(tokens, given)).data).toStrictEqual(fullToken(ours));

      const update = fullToken({ ...ours, issuer: 'updated' });
      await updateOwn(tokens, update);
      spoil(update);
      expect((await readOwn(tokens, given)).data).toStrictEqual(fullToken({ ...ours, issuer: 'updated' }));
    });
  });

  describe('tokens: update', () => {
    it('COO-03 replaces the Token: optional fields that are left out vanish', async () => {
      const { tokens, ours } = open();
      await receive(tokens, fullToken());
      await createOwn(tokens, [fullToken(ours)]);

      const { revision } = await read(tokens, addressOf(token()));
      await tokens.update(cpoCall({ ...addressOf(token()), data: token({ valid: false }), revision }));
      expect((await read(tokens, addressOf(token()))).data).toStrictEqual(token({ valid: false }));

      await updateOwn(tokens, ownToken(ours, { valid: false }));
      expect((await readOwn(tokens, ownToken(ours))).data).toStrictEqual(ownToken(ours, { valid: false }));
      expect(await crawl(tokens)).toStrictEqual([ownToken(ours, { valid: false })]);
    });

    it.each(Object.keys(optionalFields) as (keyof typeof optionalFields)[])(
      'COO-03 adds and drops %s alone',
      async (field) => {
        const { tokens, ours } = open();
        const { [field]: dropped, ...rest } = fullToken(ours);
        await createOwn(tokens, [rest as Token]);
        await updateOwn(tokens, { ...rest, [field]: dropped } as Token);
        expect((await readOwn(tokens, ownToken(ours))).data).toStrictEqual(fullToken(ours));
        await updateOwn(tokens, rest as Token);
        expect((await readOwn(tokens, ownToken(ours))).data).toStrictEqual(rest);
      },
    );

    it('COO-14 replaces energy_contract as a whole', async () => {
      const { tokens } = open();
      await receive(tokens, fullToken());
      const { revision } = await read(tokens, addressOf(token()));
      const data = fullToken({ energy_contract: { supplier_name: 'Another' } });
      await tokens.update(cpoCall({ ...addressOf(data), data, revision }));
      expect((await read(tokens, addressOf(data))).data).toStrictEqual(data);
    });

    it('never creates', async () => {
      const { tokens, ours } = open();
      await receive(tokens, token({ uid: 'there' }));
      const { revision } = await read(tokens, addressOf(token({ uid: 'there' })));

      for (const absent of [token({ uid: 'absent' }), token({ uid: 'there', type: 'OTHER' })]) {
        const update = tokens.update(cpoCall({ ...addressOf(absent), data: absent, revision }));
        expect(await outcomeOf(update)).toBe('conflict');
        expect(await tokens.get(cpoCall(addressOf(absent)))).toBeUndefined();
      }
      const own = ownToken(ours, { uid: 'there' });
      expect(await outcomeOf(tokens.update(emspCall({ ...addressOf(own), data: own, revision })))).toBe('conflict');
      expect(await tokens.get(emspCall({ id: own.uid }))).toBeUndefined();
      expect(await crawl(tokens)).toEqual([]);
    });

    it('refuses a revision that has passed, even if the Token is the same again', async () => {
      const { tokens, ours } = open();
      await createOwn(tokens, [ownToken(ours)]);
      const { revision: first } = await readOwn(tokens, ownToken(ours));
      await updateOwn(tokens, ownToken(ours, { issuer: 'updated' }));
      const { revision: second } = await readOwn(tokens, ownToken(ours));
      await updateOwn(tokens, ownToken(ours));

      for (const revision of [first, second]) {
        const data = ownToken(ours, { issuer: 'too late' });
        expect(await outcomeOf(tokens.update(emspCall({ ...addressOf(data), data, revision })))).toBe('conflict');
      }
      const { data, revision: third } = await readOwn(tokens, ownToken(ours));
      expect(data).toStrictEqual(ownToken(ours));
      expect(new Set([first, second, third]).size).toBe(3);
    });

    it('has a new revision after each write, also one that changes nothing, and none after a read', async () => {
      const { tokens } = open();
      await receive(tokens, token());
      const { revision } = await read(tokens, addressOf(token()));
      expect((await read(tokens, addressOf(token()))).revision).toBe(revision);
      await tokens.update(cpoCall({ ...addressOf(token()), data: token(), revision }));
      expect((await read(tokens, addressOf(token()))).revision).not.toBe(revision);
    });

    it("refuses another Token's revision", async () => {
      const { tokens } = open();
      const [a, b] = [token({ uid: 'A' }), token({ uid: 'B' })];
      await receive(tokens, a);
      await receive(tokens, b);
      const { revision } = await read(tokens, addressOf(a));
      expect(await outcomeOf(tokens.update(cpoCall({ ...addressOf(b), data: b, revision })))).toBe('conflict');
    });

    it('DT-02 finds the Token in any letter case and keeps the new spelling', async () => {
      const { tokens, ours } = open();
      await createOwn(tokens, [ownToken(ours, { uid: 'ABC' }), ownToken(ours, { uid: 'DEF' })]);
      await receive(tokens, token({ uid: 'ABC' }));

      const { revision } = await readOwn(tokens, ownToken(ours, { uid: 'ABC' }));
      const data = ownToken(ours, { uid: 'abc' });
      await tokens.update(emspCall({ ...addressOf(data), id: 'aBc', data, revision }));
      expect((await readOwn(tokens, ownToken(ours, { uid: 'ABC' }))).data).toStrictEqual(data);
      expect(uidsOf(await crawl(tokens))).toEqual(['abc', 'DEF']);
      expect(await outcomeOf(tokens.create(emspCall(creationOf(ownToken(ours, { uid: 'ABC' })))))).toBe(
        'already-exists',
      );

      const received = await read(tokens, addressOf(token({ uid: 'ABC' })));
      const respelt = token({ country_code: 'de', party_id: 'dms', uid: 'abc' });
      await tokens.update(cpoCall({ ...addressOf(respelt), data: respelt, revision: received.revision }));
      expect((await read(tokens, addressOf(token({ uid: 'ABC' })))).data).toStrictEqual(respelt);
    });

    it('changes that Token only', async () => {
      const { tokens, ours } = open();
      const others = [token({ type: 'OTHER' }), token({ uid: 'another' }), token({ party_id: 'XXX' })];
      for (const data of [token(), ...others]) await receive(tokens, data);
      await createOwn(tokens, [ownToken(ours)]);

      const { revision } = await read(tokens, addressOf(token()));
      await tokens.update(cpoCall({ ...addressOf(token()), data: token({ issuer: 'updated' }), revision }));
      for (const data of others) expect((await read(tokens, addressOf(data))).data).toStrictEqual(data);
      expect((await readOwn(tokens, ownToken(ours))).data).toStrictEqual(ownToken(ours));
    });
  });

  describe('tokens: list', () => {
    it('LIST-15 of nothing is one empty page', async () => {
      const { tokens, emspParties } = open();
      for (const query of [{}, ...emspParties, { date_from: '2020-01-01T00:00:00.000Z' }]) {
        expectPage(await listPage(tokens, query, 0, 10), [], 0, 10);
        expectPage(await listPage(tokens, query, 7, 10), [], 7, 10);
      }
    });

    it('LIST-11 is in order of creation, whatever uid, type and last_updated say', async () => {
      const { tokens, ours } = open();
      const all = [
        ownToken(ours, { uid: 'M', last_updated: '2026-03-01T00:00:00.000Z' }),
        ownToken(ours, { uid: 'z', type: 'APP_USER', last_updated: '2026-01-01T00:00:00.000Z' }),
        ownToken(ours, { uid: 'A', last_updated: '2026-05-01T00:00:00.000Z' }),
        ownToken(ours, { uid: 'z', type: 'AD_HOC_USER', last_updated: '2026-02-01T00:00:00.000Z' }),
        ownToken(ours, { uid: '0', last_updated: '2026-01-01T00:00:00.000Z' }),
      ];
      await createOwn(tokens, all);
      expect(await crawl(tokens)).toStrictEqual(all);
      expect(await crawl(tokens, { date_from: '2026-01-01T00:00:00.000Z' })).toStrictEqual(all);
      expect(await crawl(tokens, { date_from: '2026-01-15T00:00:00.000Z' })).toStrictEqual([all[0], all[2], all[3]]);
    });

    it('LIST-02 LIST-07 LIST-15 cuts every page right, with the exact total and the end marked', async () => {
      const { tokens, ours } = open();
      const all = series(ours, 5);
      await createOwn(tokens, all);
      const dates = { date_from: '2026-01-01T00:00:00.000Z', date_to: '2027-01-01T00:00:00.000Z' };
      for (const query of [{}, ours, dates, { ...ours, ...dates }]) {
        for (const limit of [1, 2, 3, 4, 5, 6, 1000]) {
          for (const offset of [0, 1, 3, 4, 5, 6, 1000, 2 ** 31]) {
            expectPage(await listPage(tokens, query, offset, limit), all, offset, limit);
          }
        }
      }
    });

    it('LIST-02 is complete when crawled, with every page size', async () => {
      const { tokens, ours } = open();
      const all = series(ours, 7);
      await createOwn(tokens, all);
      for (const limit of [1, 2, 3, 6, 7, 8]) {
        expect(await crawl(tokens, {}, limit)).toStrictEqual(all);
        expect(await crawl(tokens, { date_from: '2026-01-01T00:00:00.000Z' }, limit)).toStrictEqual(all);
      }
    });

    it('LIST-02 is complete beyond a hundred Tokens', async () => {
      const { tokens, ours } = open();
      const all = series(ours, 120);
      await createOwn(tokens, all);
      expect(await crawl(tokens, {}, 1000)).toStrictEqual(all);
      expect(await crawl(tokens, { date_to: '2027-01-01T00:00:00.000Z' }, 1000)).toStrictEqual(all);
    });

    it('LIST-03 takes date_from inclusive and date_to exclusive', async () => {
      const { tokens, ours } = open();
      const instants = ['2026-01-31T11:59:59.999Z', '2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00.001Z'] as const;
      const all = instants.map((last_updated, index) => ownToken(ours, { uid: `T${index}`, last_updated }));
      await createOwn(tokens, all);
      const [before, noon, after] = instants;
      const found = async (query: { date_from?: string; date_to?: string }) => uidsOf(await crawl(tokens, query));

      expect(await found({ date_from: noon })).toEqual(['T1', 'T2']);
      expect(await found({ date_to: noon })).toEqual(['T0']);
      expect(await found({ date_from: noon, date_to: after })).toEqual(['T1']);
      expect(await found({ date_from: before, date_to: '2026-01-31T12:00:00.002Z' })).toEqual(['T0', 'T1', 'T2']);
      expect(await found({ date_from: '2026-01-31T12:00:00.002Z' })).toEqual([]);
      expect(await found({ date_to: before })).toEqual([]);
    });

    it('LIST-15 of no time at all, or of a reversed one, is empty', async () => {
      const { tokens, ours } = open();
      await createOwn(tokens, series(ours, 3));
      const noon = ownToken(ours).last_updated;
      const reversed = { date_from: '2027-01-01T00:00:00.000Z', date_to: '2025-01-01T00:00:00.000Z' };
      for (const query of [{ date_from: noon, date_to: noon }, reversed]) {
        expectPage(await listPage(tokens, query, 0, 10), [], 0, 10);
        expectPage(await listPage(tokens, { ...query, ...ours }, 2, 1), [], 2, 1);
      }
    });

    it('LIST-03 files a Token under its latest last_updated only', async () => {
      const { tokens, ours } = open();
      await createOwn(tokens, series(ours, 3));
      await updateOwn(tokens, ownToken(ours, { uid: 'T1', last_updated: '2026-06-01T00:00:00.000Z' }));
      expect(uidsOf(await crawl(tokens, { date_from: '2026-06-01T00:00:00.000Z' }))).toEqual(['T1']);
      expect(uidsOf(await crawl(tokens, { date_to: '2026-06-01T00:00:00.000Z' }))).toEqual(['T0', 'T2']);
    });

    it('TOK-LIST-03 includes invalid Tokens', async () => {
      const { tokens, ours } = open();
      const all = [ownToken(ours, { uid: 'A', valid: false }), ownToken(ours, { uid: 'B' })];
      await createOwn(tokens, all);
      expect(await crawl(tokens)).toStrictEqual(all);
      await updateOwn(tokens, ownToken(ours, { uid: 'B', valid: false }));
      expect(uidsOf(await crawl(tokens))).toEqual(['A', 'B']);
    });

    it('LIST-11 is not reordered by updates, not even in the middle of a crawl', async () => {
      const { tokens, ours } = open();
      const all = series(ours, 6);
      await createOwn(tokens, all);
      const seen: string[] = [];
      for (let offset = 0; offset < all.length; offset += 1) {
        seen.push(...uidsOf((await listPage(tokens, {}, offset, 1)).items));
        const last_updated = `2026-02-0${offset + 1}T00:00:00.000Z`;
        await updateOwn(tokens, ownToken(ours, { uid: 'T0', issuer: `update ${offset}`, last_updated }));
        await updateOwn(tokens, ownToken(ours, { uid: `T${offset}`, valid: false, last_updated }));
      }
      expect(seen).toEqual(uidsOf(all));
      expect(uidsOf(await crawl(tokens))).toEqual(uidsOf(all));
    });

    it('LIST-12 appends what is created during a crawl', async () => {
      const { tokens, ours } = open();
      await createOwn(tokens, series(ours, 2));
      const first = await listPage(tokens, {}, 0, 1);
      await createOwn(tokens, [ownToken(ours, { uid: '0', last_updated: '2020-01-01T00:00:00.000Z' })]);
      expect(uidsOf(first.items)).toEqual(['T0']);
      expect(uidsOf((await listPage(tokens, {}, 1, 10)).items)).toEqual(['T1', '0']);
    });

    it('LIST-07 does not count writes that were refused', async () => {
      const { tokens, ours } = open();
      await createOwn(tokens, series(ours, 2));
      for (const data of series(ours, 2)) await outcomeOf(tokens.create(emspCall(creationOf(data))));
      await createOwn(tokens, [ownToken(ours, { uid: 'T2' })]);
      expect(uidsOf(await crawl(tokens))).toEqual(['T0', 'T1', 'T2']);
    });

    it("TOK-LIST-06 has one party's Tokens, or every party's one after the other", async ({ skip }) => {
      const { tokens, emspParties } = open();
      twoOf(emspParties, skip);
      // Created the other way round and in turns, so that neither creation nor names give the configured order.
      const created = Array.from({ length: 3 }, (_, turn) =>
        [...emspParties]
          .reverse()
          .map((party) => ownToken(party, { uid: `${party.country_code}${party.party_id}${turn}` })),
      ).flat();
      await createOwn(tokens, created);

      const of = (party: PartyId) =>
        created.filter(
          ({ country_code, party_id }) => `${country_code}${party_id}` === `${party.country_code}${party.party_id}`,
        );
      const all = emspParties.flatMap(of);
      const dates = { date_from: '2026-01-01T00:00:00.000Z' };
      for (const party of emspParties) {
        expect(await crawl(tokens, party)).toStrictEqual(of(party));
        expect(await crawl(tokens, { ...party, ...dates })).toStrictEqual(of(party));
        expectPage(await listPage(tokens, party, 1, 1), of(party), 1, 1);
      }
      for (const limit of [1, 2, 3, 4, 5, 100]) {
        expect(await crawl(tokens, {}, limit)).toStrictEqual(all);
        expect(await crawl(tokens, dates, limit)).toStrictEqual(all);
        for (let offset = 0; offset <= all.length + 1; offset += 1) {
          expectPage(await listPage(tokens, {}, offset, limit), all, offset, limit);
          expectPage(await listPage(tokens, dates, offset, limit), all, offset, limit);
        }
      }
    });

    it('TOK-LIST-06 skips a party without Tokens', async ({ skip }) => {
      const { tokens, emspParties } = open();
      const [first, second] = twoOf(emspParties, skip);
      await createOwn(tokens, series(second, 3));
      expect(await crawl(tokens, first)).toEqual([]);
      expect(await crawl(tokens, second, 2)).toStrictEqual(series(second, 3));
      expect(await crawl(tokens, {}, 2)).toStrictEqual(series(second, 3));
    });

    it('RTE-01 names the party in any letter case', async ({ skip }) => {
      const { tokens, emspParties } = open();
      const [first, second] = twoOf(emspParties, skip);
      await createOwn(tokens, [ownToken(first, { uid: 'A' }), ownToken(second, { uid: 'B' })]);
      const respelt = { country_code: swapCase(second.country_code), party_id: swapCase(second.party_id) };
      expect(uidsOf(await crawl(tokens, respelt))).toEqual(['B']);
      await createOwn(tokens, [ownToken(respelt, { uid: 'C' })]);
      expect(uidsOf(await crawl(tokens, second))).toEqual(['B', 'C']);
    });

    it('has nothing of a party that is not ours', async () => {
      const { tokens, ours } = open();
      await createOwn(tokens, series(ours, 1));
      await receive(tokens, token());
      expectPage(await listPage(tokens, foreignParty, 0, 10), [], 0, 10);
    });
  });

  describe('tokens: races', () => {
    it('creates one Token exactly once, of twenty who try', async () => {
      const { tokens } = open();
      const tries = racers.map((index) =>
        receive(tokens, token({ issuer: `issuer ${index}` })).then(() => `issuer ${index}`),
      );
      const settled = await Promise.allSettled(tries);
      const winners = settled.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
      const losers = settled.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
      expect(winners).toEqual([(await read(tokens, addressOf(token()))).data.issuer]);
      expect(losers).toHaveLength(19);
      for (const reason of losers) expect(await outcomeOf(Promise.reject(reason))).toBe('already-exists');
    });

    it('lists an own Token once that twenty tried to create', async () => {
      const { tokens, ours } = open();
      const tries = racers.map(() => tokens.create(emspCall(creationOf(ownToken(ours)))));
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'already-exists'));
      await createOwn(tokens, [ownToken(ours, { uid: 'last' })]);
      expect(uidsOf(await crawl(tokens))).toEqual([ownToken(ours).uid, 'last']);
    });

    it('lists each of twenty own Tokens once that were created at the same time, with the total right', async () => {
      const { tokens, ours } = open();
      const all = series(ours, 20);
      expect(await outcomesOf(all.map((data) => tokens.create(emspCall(creationOf(data)))))).toEqual(
        racers.map(() => 'done'),
      );
      const listed = await crawl(tokens, {}, 3);
      expect(listed.length).toBe(20);
      expect(uidsOf(listed).sort()).toEqual(uidsOf(all).sort());
      expect(await crawl(tokens)).toStrictEqual(listed);
      expect(await crawl(tokens, { date_from: '2026-01-01T00:00:00.000Z' }, 3)).toStrictEqual(listed);
    });

    it('leaves no hole where creations were refused among others that were not', async ({ skip }) => {
      const { tokens, emspParties } = open();
      const [first, second] = twoOf(emspParties, skip);
      const all = [...series(first, 10, 'A'), ...series(second, 10, 'B')];
      const outcomes = await outcomesOf([...all, ...all].map((data) => tokens.create(emspCall(creationOf(data)))));
      expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(20);
      const listed = uidsOf(await crawl(tokens, {}, 3));
      expect(listed.slice(0, 10).sort()).toEqual(uidsOf(series(first, 10, 'A')).sort());
      expect(listed.slice(10).sort()).toEqual(uidsOf(series(second, 10, 'B')).sort());
    });

    it('updates one revision exactly once, of twenty who try', async () => {
      const { tokens, ours } = open();
      await receive(tokens, token());
      await createOwn(tokens, [ownToken(ours)]);
      const received = await read(tokens, addressOf(token()));
      const own = await readOwn(tokens, ownToken(ours));
      const updates = racers.map((index) => {
        const data = token({ issuer: `issuer ${index}` });
        return tokens.update(cpoCall({ ...addressOf(data), data, revision: received.revision }));
      });
      const ownUpdates = racers.map((index) => {
        const data = ownToken(ours, { issuer: `issuer ${index}`, last_updated: `2026-02-01T00:00:${index + 10}.000Z` });
        return tokens.update(emspCall({ ...addressOf(data), data, revision: own.revision }));
      });
      const outcomes = await Promise.all([outcomesOf(updates), outcomesOf(ownUpdates)]);
      expect(outcomes).toEqual([oneWinnerOf(20, 'conflict'), oneWinnerOf(20, 'conflict')]);
      expect(await crawl(tokens)).toStrictEqual([(await readOwn(tokens, ownToken(ours))).data]);
    });

    it('loses no update of twenty that each start again from get', async () => {
      const { tokens, ours } = open();
      await createOwn(tokens, [ownToken(ours, { visual_number: '' })]);
      const append = async (index: number): Promise<void> => {
        const { data, revision } = await readOwn(tokens, ownToken(ours));
        const changed = { ...data, visual_number: `${data.visual_number}${String.fromCharCode(97 + index)}` };
        const outcome = await outcomeOf(tokens.update(emspCall({ ...addressOf(data), data: changed, revision })));
        if (outcome === 'conflict') await append(index);
      };
      await Promise.all(racers.map(append));
      const { visual_number = '' } = (await readOwn(tokens, ownToken(ours))).data;
      expect(visual_number.split('').sort().join('')).toBe('abcdefghijklmnopqrst');
    });
  });

  describe('tokens: AuthorizeToken', () => {
    it('AUTH-12 AUTH-13 answers by valid, with the complete Token', async () => {
      const { tokens, ours } = open();
      const valid = fullToken({ ...ours, uid: 'valid' });
      const invalid = fullToken({ ...ours, uid: 'invalid', valid: false });
      await createOwn(tokens, [valid, invalid]);
      const charging = await tokens.do(emspCall(authorizationOf(valid)));
      expect(charging).toMatchObject({ allowed: 'ALLOWED' });
      expect(charging?.token).toStrictEqual(valid);
      expect(charging).not.toHaveProperty('location');
      const refused = await tokens.do(emspCall(authorizationOf(invalid)));
      expect(refused).toMatchObject({ allowed: 'BLOCKED' });
      expect(refused?.token).toStrictEqual(invalid);

      await updateOwn(tokens, { ...valid, valid: false });
      expect(await tokens.do(emspCall(authorizationOf(valid)))).toMatchObject({ allowed: 'BLOCKED' });
    });

    it('AUTH-14 repeats the location only where charging is allowed', async () => {
      const { tokens, ours } = open();
      await createOwn(tokens, [ownToken(ours, { uid: 'valid' }), ownToken(ours, { uid: 'invalid', valid: false })]);
      for (const location_reference of [
        { location_id: 'LOC1' },
        { location_id: 'loc/2', evse_uids: ['E1', 'e2'] },
        { location_id: 'LOC3', evse_uids: ['E1'], connector_ids: ['1', '2'] },
      ]) {
        const at = (uid: string) => tokens.do(emspCall(authorizationOf(ownToken(ours, { uid }), location_reference)));
        expect((await at('valid'))?.location).toEqual(location_reference);
        expect(await at('invalid')).not.toHaveProperty('location');
      }
    });

    it('AUTH-15 gives each permission an authorization_reference of at most 36 characters of its own, if any', async () => {
      const { tokens, ours } = open();
      await createOwn(tokens, [ownToken(ours)]);
      const first = await tokens.do(emspCall(authorizationOf(ownToken(ours))));
      const second = await tokens.do(emspCall(authorizationOf(ownToken(ours))));
      for (const { authorization_reference } of [first, second].filter((info) => info !== undefined)) {
        if (authorization_reference !== undefined) expect(authorization_reference).toMatch(/^[\x20-\x7e]{1,36}$/);
      }
      if (first?.authorization_reference !== undefined) {
        expect(second?.authorization_reference).not.toBe(first.authorization_reference);
      }
    });

    it('AUTH-04 AUTH-10 knows own Tokens only, by uid in any letter case and by type', async () => {
      const { tokens, ours } = open();
      await createOwn(tokens, [ownToken(ours, { uid: 'aBc', type: 'APP_USER' })]);
      await receive(tokens, token({ uid: 'received' }));
      const asked = async (uid: string, type: string | undefined) =>
        (await tokens.do(emspCall(authorizationOf({ uid, type }))))?.token.uid;
      expect(await asked('AbC', 'APP_USER')).toBe('aBc');
      expect(await asked('abc', undefined)).toBe('aBc');
      expect(await asked('abc', 'RFID')).toBeUndefined();
      expect(await asked('abc', 'app_user')).toBeUndefined();
      expect(await asked('unknown', 'RFID')).toBeUndefined();
      expect(await asked('received', 'RFID')).toBeUndefined();
    });
  });
}

const authorizationOf = (
  { uid, type }: { uid: string; type: string | undefined },
  location_reference?: { location_id: string; evse_uids?: string[]; connector_ids?: string[] },
) => ({ action: 'AuthorizeToken' as const, data: { token_uid: uid, token_type: type, location_reference } });
