import type { Storage } from './crud.ts';

/** Those that are the default one as a whole, with no module swapped: whoever runs one locally is told where the data is. */
export const defaultStorages = new WeakSet<Storage>();
