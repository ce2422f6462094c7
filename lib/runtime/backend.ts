/** THE place to swap: the storage, or one of its modules, and what decides on real-time authorization. */
import { withActions } from '../crud/actions.ts';
import type { Backend, Storage } from '../crud/crud.ts';
import { dynamodbStorage } from '../crud/dynamodb/storage.ts';
import { authorizeBy } from '../tokens/authorize.ts';
import { type Decide, decideByRecord } from '../tokens/decide.ts';
import type { Config } from './config.ts';

/** What a storage needs from outside itself. */
export interface Ambient {
  now: () => Date;
  newId: () => string;
}

/** What a module exports that a service names as its backend, and what this one does. */
export interface BackendModule {
  openStorage: (config: Config, ambient: Ambient) => Storage | Promise<Storage>;
  /** Left out, the record of the Token decides. */
  decide?: Decide;
}

/** Swap the storage here: return your own, or `{ ...dynamodbStorage(…), tokens: mine }`. */
export const openStorage = ({ dynamodbEndpoint: endpoint, tables }: Config, ambient: Ambient): Storage =>
  dynamodbStorage({ endpoint, tables, ...ambient });

/** Decide otherwise here: any function of this type, one that asks your billing too. */
export const decide: Decide = decideByRecord;

/** A storage as the core sees it. */
export const backendOn = (storage: Storage, ambient: Ambient, by: Decide = decide): Backend => ({
  ...storage,
  tokens: withActions(storage.tokens, authorizeBy(storage.tokens, by, ambient)),
});

export const openBackend = async (swapped: BackendModule, config: Config, ambient: Ambient): Promise<Backend> =>
  backendOn(await swapped.openStorage(config, ambient), ambient, swapped.decide);
