/** What `npm start` fills an empty database with, so that there is something to talk to. Never deployed. */

import { sha256 } from '../credentials/access-token.ts';
import { type Backend, type CredentialsCall, CrudError } from '../crud/crud.ts';
import type { Token } from '../ocpi/token.ts';
import type { PartyId } from '../ocpi/versions.ts';
import type { Peer, PeerRole } from '../peers/peer.ts';

/** The partners that a local server knows, with the credentials token that each of them sends. */
export const demoPeers = [
  { role: 'EMSP', country_code: 'DE', party_id: 'DMS', credentialsToken: 'demo-emsp-token' },
  { role: 'CPO', country_code: 'FR', party_id: 'DCP', credentialsToken: 'demo-cpo-token' },
] as const satisfies (PartyId & { role: PeerRole; credentialsToken: string })[];

const demoTokenCount = 250;
const types = ['RFID', 'RFID', 'RFID', 'APP_USER', 'RFID', 'RFID', 'OTHER', 'RFID', 'AD_HOC_USER', 'RFID'] as const;
const whitelists = ['ALLOWED', 'ALWAYS', 'ALLOWED_OFFLINE', 'NEVER'] as const;
const firstUpdate = Date.UTC(2026, 0, 1);
const hour = 3_600_000;

/** Makes the demo peers known. Those that are known already stay as they are. */
export async function seedPeers({ credentials }: Backend): Promise<void> {
  for (const { credentialsToken, ...party } of demoPeers) {
    const peer: Peer = {
      id: `demo-${party.role.toLowerCase()}`,
      roles: [party],
      version: '2.2.1',
      tokensWeGave: [{ sha256: sha256(credentialsToken) }],
    };
    const call: CredentialsCall = { module_id: 'credentials', role: 'CPO', version: '2.2.1', auth_token: '' };
    await unlessItExists(credentials.create({ ...call, data: peer }));
  }
}

/** Stores Tokens one by one, through the seam. Those that are there already stay as they are. */
export async function seedTokens({ tokens }: Backend, seeds: Token[]): Promise<void> {
  for (const data of seeds) {
    const { country_code, party_id, type: token_type } = data;
    const call = { module_id: 'tokens', role: 'EMSP', version: '2.3.0', auth_token: '' } as const;
    await unlessItExists(tokens.create({ ...call, country_code, party_id, token_type, data }));
  }
}

async function unlessItExists(creation: Promise<void>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!(error instanceof CrudError)) throw error;
  }
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

/** Commands that work when pasted, each with a line that says what it does. */
export function demoCommands(url: string, now: Date): { what: string; command: string }[] {
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
  return [
    {
      what: `As the eMSP ${emsp.country_code} ${emsp.party_id}, push a Token:`,
      command: `curl -i -X PUT ${received} ${as(emsp)} -H 'Content-Type: application/json' -d '${JSON.stringify(pushed)}'`,
    },
    {
      what: `As the CPO ${cpo.country_code} ${cpo.party_id}, list our own Tokens, two to a page:`,
      command: `curl -i '${own}/?limit=2' ${as(cpo)}`,
    },
    {
      what: 'As the same CPO, ask whether one of them may charge:',
      command: `curl -i -X POST '${own}/DEMO0001/authorize' ${as(cpo)}`,
    },
  ];
}
