/** What `npm start` fills an empty database with, so that there is something to talk to. Never deployed. */

import { sha256 } from '../credentials/access-token.ts';
import { CrudError } from '../crud/crud.ts';
import type { PartyRole } from '../ocpi/credentials.ts';
import type { Token } from '../ocpi/token.ts';
import type { PartyId, Role } from '../ocpi/versions.ts';
import type { Peer } from '../peers/peer.ts';
import { createPeer, PeerConflict, type Peers } from '../peers/store.ts';
import type { Config } from '../runtime/config.ts';
import { fromSource } from '../tokens/own/source.ts';
import { createWriteOwn, type OwnTokensRuntime } from '../tokens/own/write.ts';

/** The partners that a local server knows, with the credentials token that each of them sends. */
export const demoPeers = [
  { role: 'EMSP', country_code: 'DE', party_id: 'DMS', credentialsToken: 'demo-emsp-token' },
  { role: 'CPO', country_code: 'FR', party_id: 'DCP', credentialsToken: 'demo-cpo-token' },
] as const satisfies (PartyId & { role: PartyRole; credentialsToken: string })[];

const demoTokenCount = 250;
const types = ['RFID', 'RFID', 'RFID', 'APP_USER', 'RFID', 'RFID', 'OTHER', 'RFID', 'AD_HOC_USER', 'RFID'] as const;
const whitelists = ['ALLOWED', 'ALWAYS', 'ALLOWED_OFFLINE', 'NEVER'] as const;
const firstUpdate = Date.UTC(2026, 0, 1);
const hour = 3_600_000;

/** Makes the demo peers known. Those that are known already stay as they are. */
export async function seedPeers(peers: Peers): Promise<void> {
  for (const { credentialsToken, ...party } of demoPeers) {
    const peer: Peer = {
      id: `demo-${party.role.toLowerCase()}`,
      roles: [party],
      version: '2.2.1',
      tokensWeGave: [{ sha256: sha256(credentialsToken) }],
    };
    try {
      await createPeer(peers, peer);
    } catch (error) {
      // Known from the last time; or its party has become another peer's since.
      if (!(error instanceof CrudError || error instanceof PeerConflict)) throw error;
    }
  }
}

/** Brings Tokens in as their source does, with its dates. What was changed here since stays changed. */
export async function seedTokens(runtime: OwnTokensRuntime, seeds: Token[]): Promise<void> {
  await createWriteOwn(runtime)(seeds.map((token) => fromSource({ token }, { isPublished: true })));
}

/** The same 250 Tokens of one of our own parties every time: of several types, updated an hour apart, some not valid. */
export const demoTokens = (owner: PartyId): Token[] =>
  Array.from({ length: demoTokenCount }, (_, i) => demoToken(owner, i));

function demoToken({ country_code, party_id }: PartyId, i: number): Token {
  const number = String(i + 1).padStart(4, '0');
  return {
    country_code,
    party_id,
    uid: `DEMO${number}`,
    type: types[i % types.length] ?? 'RFID',
    contract_id: `${country_code}-${party_id}-C0000${number}`,
    visual_number: `Demo card ${number}`,
    issuer: 'Local Mobility',
    valid: i % 25 !== 24,
    whitelist: whitelists[i % whitelists.length] ?? 'ALLOWED',
    ...(i % 2 === 0 && { language: 'en' }),
    ...(i % 5 === 0 && { group_id: `${country_code}-${party_id}-FLEET-${(i % 3) + 1}` }),
    last_updated: new Date(firstUpdate + i * hour).toISOString(),
  };
}

/** Commands that work when pasted, as far as our roles serve them, each with a line that says what it does. */
export function demoCommands(
  { publicUrl: url, parties }: Pick<Config, 'publicUrl' | 'parties'>,
  now: Date,
): { what: string; command: string }[] {
  const [emsp, cpo] = demoPeers;
  const uid = '04E1F2A3B4C5D6';
  const pushed: Token = {
    country_code: emsp.country_code,
    party_id: emsp.party_id,
    uid,
    type: 'RFID',
    contract_id: `${emsp.country_code}-${emsp.party_id}-C00000001`,
    issuer: 'Demo Mobility',
    valid: true,
    whitelist: 'ALLOWED',
    last_updated: now.toISOString(),
  };
  const as = ({ credentialsToken }: { credentialsToken: string }) => `-H 'Authorization: Token ${credentialsToken}'`;
  const received = `'${url}/ocpi/cpo/2.2.1/tokens/${emsp.country_code}/${emsp.party_id}/${uid}'`;
  const own = `${url}/ocpi/emsp/2.2.1/tokens`;
  const ofCpo = [
    {
      what: `As the eMSP ${emsp.country_code} ${emsp.party_id}, push a Token:`,
      command: `curl -i -X PUT ${received} ${as(emsp)} -H 'Content-Type: application/json' -d '${JSON.stringify(pushed)}'`,
    },
    {
      what: 'As the same eMSP, read it back:',
      command: `curl -i ${received} ${as(emsp)}`,
    },
  ];
  const ofEmsp = [
    {
      what: `As the CPO ${cpo.country_code} ${cpo.party_id}, list our own Tokens, two to a page:`,
      command: `curl -i '${own}/?limit=2' ${as(cpo)}`,
    },
    {
      what: 'As the same CPO, ask whether one of them may charge:',
      command: `curl -i -X POST '${own}/DEMO0001/authorize' ${as(cpo)}`,
    },
  ];
  const are = (role: Role) => parties.some((party) => party.role === role);
  return [...(are('CPO') ? ofCpo : []), ...(are('EMSP') ? ofEmsp : [])];
}
