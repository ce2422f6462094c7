/** How a local server is configured that is not told otherwise. */
import { join, resolve } from 'node:path';

const localTables = { TOKENS_TABLE: 'tokens', PEERS_TABLE: 'peers', RECORDS_TABLE: 'records' };

export const localEnvironment = (dataDir: string, port: number): Record<string, string> => ({
  ...localTables,
  PUBLIC_URL: `http://localhost:${port}`,
  OCPI_PARTIES: 'CPO NL LCP, EMSP NL LMS',
  SECRETS_KEY: `file:${join(resolve(dataDir), 'secrets.key')}`,
  // Peers of a local run are on this machine too.
  PEER_URLS: 'local',
});
