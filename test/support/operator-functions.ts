/** Every function of the owner's API: generic tests look at all of them, and so at those that come later. */
import { globSync } from 'node:fs';
import type { Endpoint } from '../../lib/http/chain.ts';
import type { PeerRuntime } from '../../lib/runtime/peer-runtime.ts';

/** Such as `tokens/put`, and the fallback. */
export const functionNames = globSync('functions/operator/**/*.ts')
  .map((file) => file.slice('functions/operator/'.length, -'.ts'.length))
  .sort();

export const operationNames = functionNames.filter((name) => name !== 'fallback');

export async function endpointOf(name: string): Promise<Endpoint<PeerRuntime>> {
  const file = `${import.meta.dirname}/../../functions/operator/${name}.ts`;
  return ((await import(file)) as { endpoint: Endpoint<PeerRuntime> }).endpoint;
}
