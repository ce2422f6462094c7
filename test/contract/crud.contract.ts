/**
 * The contract of lib/crud/crud.ts as a test suite. Whoever writes a CRUD calls `crudContract` in a test file of vitest:
 *
 *     crudContract('my store', async () => ({ backend: myBackend(…), emspParties, close: () => … }));
 */
import { afterEach, beforeEach, describe } from 'vitest';
import type { Backend } from '../../lib/crud/crud.ts';
import type { PartyId } from '../../lib/ocpi/versions.ts';
import { credentialsContract } from './credentials.contract.ts';
import { modelContract } from './model.contract.ts';
import { tokensContract } from './tokens.contract.ts';

export interface OpenedBackend {
  /** With nothing stored. Tests never share one: a new table, a prefix of its own for all keys, or everything deleted. */
  backend: Backend;
  /** The own EMSP parties that the backend was made for, in its configured order; tests about several need at least two. */
  emspParties: readonly [PartyId, ...PartyId[]];
  close?: () => Promise<void>;
}

interface ContractOptions {
  /** How many random sequences of calls are held against the model; each opens a backend. */
  randomRuns?: number;
}

/**
 * Declares the tests that every CRUD has to pass.
 * @param name of the implementation, for the report
 * @param open called before each test, and before each run of the random one
 */
export function crudContract(
  name: string,
  open: () => Promise<OpenedBackend>,
  { randomRuns = 50 }: ContractOptions = {},
): void {
  describe(`${name} keeps the contract of the CRUD`, () => {
    describe('in every case', () => {
      let opened: OpenedBackend | undefined;

      beforeEach(async () => {
        opened = await open();
      });

      afterEach(async () => {
        await opened?.close?.();
        opened = undefined;
      });

      const current = (): OpenedBackend => {
        if (!opened) throw new Error('No backend is open');
        return opened;
      };
      tokensContract(current);
      credentialsContract(current);
    });

    modelContract(open, randomRuns);
  });
}
