/** What a deployed function gets from serverless.yml. Imported for its effect, in front of what imports a function. */
import { randomUUID } from 'node:crypto';

export const tables = { tokens: 'tokens', peers: 'peers', records: 'records' } as const;

export const ambient = { now: () => new Date(), newId: () => randomUUID() };

const environment = {
  TOKENS_TABLE: tables.tokens,
  PEERS_TABLE: tables.peers,
  RECORDS_TABLE: tables.records,
  PUBLIC_URL: 'https://ocpi.example.com',
  OCPI_PARTIES: 'CPO NL LCP, EMSP NL LMS',
  SECRETS_KEY: 'file:.data/never-read',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
};

for (const [name, value] of Object.entries(environment)) process.env[name] ||= value;

/** For a process of its own: this, and what it says itself. */
export const environmentWith = (own: Record<string, string>): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  ...environment,
  ...own,
});
