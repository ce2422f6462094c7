/**
 * The contract of lib/crud/crud.ts as a test suite. Whoever writes a storage calls `crudContract` in a test file of vitest:
 *
 *     crudContract('my store', async () => ({ storage: myStorage(…), parties, close: () => … }));
 */
import { afterEach, beforeEach, describe } from 'vitest';
import type { Storage } from '../../lib/crud/crud.ts';
import type { PartyId } from '../../lib/ocpi/versions.ts';
import { authenticateContract } from './credentials/authenticate.contract.ts';
import { claimsContract } from './credentials/claims.contract.ts';
import { peersContract } from './credentials/peers.contract.ts';
import { peerRacesContract } from './credentials/races.contract.ts';
import { modelContract } from './model.contract.ts';
import { recordsContract } from './records.contract.ts';
import { actionsContract } from './tokens/actions.contract.ts';
import { createContract } from './tokens/create.contract.ts';
import { deleteContract } from './tokens/delete.contract.ts';
import { listContract } from './tokens/list.contract.ts';
import { raceContract } from './tokens/races.contract.ts';
import { receivedContract } from './tokens/received.contract.ts';
import { settingsContract } from './tokens/settings.contract.ts';
import { updateContract } from './tokens/update.contract.ts';
import { walkContract } from './tokens/walk.contract.ts';

export interface OpenedStorage {
  /** With nothing stored. Tests never share one: a new table, a prefix of its own for all keys, or everything deleted. */
  storage: Storage;
  /** Own EMSP parties. A storage need not know them before the calls that name them. */
  parties: readonly [PartyId, PartyId, ...PartyId[]];
  close?: () => Promise<void>;
}

interface ContractOptions {
  /** How many random sequences of calls are held against the model; each opens a storage. */
  randomRuns?: number;
}

/**
 * Declares the tests that every storage has to pass.
 * @param name of the implementation, for the report
 * @param open called before each test, and before each run of the random one
 */
export function crudContract(
  name: string,
  open: () => Promise<OpenedStorage>,
  { randomRuns = 50 }: ContractOptions = {},
): void {
  describe(`${name} keeps the contract of the CRUD`, () => {
    describe('in every case', () => {
      let opened: OpenedStorage | undefined;

      beforeEach(async () => {
        opened = await open();
      });

      afterEach(async () => {
        await opened?.close?.();
        opened = undefined;
      });

      const current = (): OpenedStorage => {
        if (!opened) throw new Error('No storage is open');
        return opened;
      };
      for (const declare of [
        createContract,
        settingsContract,
        updateContract,
        listContract,
        walkContract,
        receivedContract,
        deleteContract,
        raceContract,
        actionsContract,
        peersContract,
        authenticateContract,
        claimsContract,
        peerRacesContract,
        recordsContract,
      ]) {
        declare(current);
      }
    });

    modelContract(open, randomRuns);
  });
}
