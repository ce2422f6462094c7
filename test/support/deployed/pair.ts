/** A platform as it would be deployed and another one, each with the owner's API, that may be connected with each other. */
import { afterAll, beforeAll, vi } from 'vitest';
import { startDatabase, type TestDatabase } from '../dynamodb.ts';
import { type Instance, startInstance } from '../instance.ts';
import { type Owner, startOwner } from '../owner.ts';
import type { Deployed } from './deployment.ts';
import { newDeployment } from './deployment.ts';

export interface Side {
  instance: Instance;
  owner: Owner;
}

export interface Pair {
  /** CPO NL AAA and EMSP NL BBB, as it would be deployed. */
  us: Side & { deployed: Deployed };
  /** CPO DE CCC and EMSP DE DDD, in this process and its memory: what it is may change in between. */
  them: Side;
}

/** Whoever calls these waits for those of the other side. */
const ofHandshakes = [
  'list-versions',
  'get-version',
  'post-credentials',
  'put-credentials',
  'delete-credentials',
  ...['register', 'rotate', 'upgrade', 'unregister'].map((verb) => `operator-peers-${verb}`),
];

/** For the file that calls it: both start before its tests and stop after them. */
export function startDeployedPair(): Pair {
  // Each of these tests has dozens of cold starts in it, which are seconds on a machine with much to do.
  vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
  const pair = {} as Pair;
  let database: TestDatabase;
  beforeAll(async () => {
    const started = await startDatabase();
    if ('reason' in started) throw new Error(started.reason);
    database = started;
    const ours = await startInstance({ parties: 'CPO NL AAA, EMSP NL BBB', ...(await newDeployment(database)) });
    const { deployed } = ours;
    if (!deployed) throw new Error('It runs in this process');
    await deployed.start(...ofHandshakes);
    pair.us = { instance: ours, deployed, owner: await startOwner(ours.runtime, ours.load) };
    const theirs = await startInstance({ parties: 'CPO DE CCC, EMSP DE DDD' });
    pair.them = { instance: theirs, owner: await startOwner(theirs.runtime) };
  });
  afterAll(async () => {
    for (const { owner, instance } of Object.values(pair) as Side[]) {
      await owner.stop();
      await instance.stop();
    }
    await database.stop();
  });
  return pair;
}

/** With the patience that a cold start needs on a machine with much to do. */
export const generous = { expectedRoles: ['CPO', 'EMSP'], timeoutMs: 20_000 };

/** One side registers with the other. @param asking with the name that it gives to the other, and what it sets for it besides */
export async function connect(
  asking: [Side, id: string, settings?: object],
  asked: [Side, id: string, settings?: object],
  version = '2.2.1',
): Promise<void> {
  const [from, nameOfAsked, settings = {}] = asking;
  const [to, nameOfAsking, hub = {}] = asked;
  const { data } = await to.owner.post('peers/invite', { id: nameOfAsking, settings: { ...generous, ...hub } });
  const [{ url: versionsUrl }] = data.versionsUrls as [{ url: string }];
  const answer = await from.owner.post('peers/register', {
    id: nameOfAsked,
    versionsUrl,
    tokenA: data.token,
    version,
    settings: { ...generous, ...settings },
  });
  if (answer.http !== 200)
    throw new Error(`${JSON.stringify(answer.data)}\n${from.instance.logged.slice(-3).join('')}`);
}

/** Nobody knows of the other any more. */
export async function disconnect({ us, them }: Pair): Promise<void> {
  await us.owner.post('peers/remove', { id: 'them' });
  await them.owner.post('peers/remove', { id: 'us' });
}
