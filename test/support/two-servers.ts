/** A CPO and an eMSP as `npm start` runs them, each a process of its own. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { type LocalServerProcess, startLocalServer } from './local-server.ts';

interface TwoServers {
  cpo: LocalServerProcess;
  emsp: LocalServerProcess;
}

/** For the tests of a file; there once they begin. */
export function twoServers(): TwoServers {
  const servers = {} as TwoServers;
  beforeAll(async () => {
    [servers.cpo, servers.emsp] = await Promise.all([
      startLocalServer({ OCPI_PARTIES: 'CPO NL AAA', LOG_LEVEL: 'error' }),
      startLocalServer({ OCPI_PARTIES: 'EMSP NL BBB', LOG_LEVEL: 'error' }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([servers.cpo.stop(), servers.emsp.stop()]);
  });
  return servers;
}

export const uidOf = (n: number): string => `CARD${String(n).padStart(4, '0')}`;

export const tokenOf = (n: number) => ({
  uid: uidOf(n),
  type: 'RFID',
  contract_id: `NL-BBB-C${n}`,
  issuer: 'Lumen',
  valid: true,
  whitelist: 'ALLOWED' as const,
});

/** However long a busy machine takes. @param look undefined or false as long as it has not come */
export async function until<Found>(look: () => Promise<Found | undefined | false>): Promise<Found> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await delay(50);
  }
  throw new Error('It never came');
}
