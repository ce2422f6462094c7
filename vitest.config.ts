import { defineConfig } from 'vitest/config';

/** They replace modules, which modules that are loaded already would not see. */
const mocking = [
  'test/unit/**/*.simulation.test.ts',
  'test/unit/sync/push.bounds.test.ts',
  'test/unit/functions/sync/*.test.ts',
  'test/unit/local/tell-changes.test.ts',
];

/** Makes what would be deployed. */
const deployed = 'test/support/deployed/setup.ts';

const afterAll = 'test/packaging/iam.test.ts';

export default defineConfig({
  test: {
    projects: [
      // Most of their time went into loading the same modules again for every file.
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/{unit,contract}/**/*.test.ts'],
          exclude: mocking,
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'apart',
          include: ['test/!(unit|contract)/**/*.test.ts', ...mocking],
          exclude: [afterAll],
          globalSetup: deployed,
        },
      },
      // Judges what the functions have asked of AWS in all other tests.
      {
        extends: true,
        test: { name: 'after', include: [afterAll], globalSetup: deployed, sequence: { groupOrder: 1 } },
      },
    ],
    maxWorkers: '100%',
    // Ceilings for a machine with much to do: hooks start engines, servers and browsers.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 50_000 } },
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
