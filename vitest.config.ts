import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    // What a deployed function gets from serverless.yml; tests that talk to a database open their own.
    env: {
      TOKENS_TABLE: 'tokens',
      PEERS_TABLE: 'peers',
      RECORDS_TABLE: 'records',
      PUBLIC_URL: 'https://ocpi.example.com',
      OCPI_PARTIES: 'CPO NL LCP, EMSP NL LMS',
      LOG_LEVEL: 'silent',
      SECRETS_KEY: 'file:.data/never-read',
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
  },
});
