/** All benchmarks by name. Loaded one at a time, because what one of them brings along would be in the memory of the next. */
import type { Bench } from './figures.ts';

export const benches: Record<string, () => Promise<Bench>> = {
  lists: async () => (await import('./lists.ts')).lists,
  import: async () => (await import('./import.ts')).imports,
  warm: async () => (await import('./warm.ts')).warm,
  cold: async () => (await import('./cold.ts')).cold,
  storm: async () => (await import('./storm.ts')).storm,
  charge: async () => (await import('./charge.ts')).charge,
  http: async () => (await import('./http.ts')).http,
  transfer: async () => (await import('./transfer.ts')).transfer,
  sync: async () => (await import('./sync.ts')).sync,
  syncCost: async () => (await import('./sync-cost.ts')).syncCost,
  pull: async () => (await import('./pull.ts')).pull,
  cost: async () => (await import('./cost.ts')).cost,
};
