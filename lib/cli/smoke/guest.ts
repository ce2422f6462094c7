/** A partner for the time of the test: added by the owner's API, forgotten at the end with all that it has pushed. */

import { addPeer, removePeer } from '../../operator/api/peers.ts';
import { exportReceivedTokens } from '../../operator/api/received.ts';
import { eraseToken } from '../../operator/api/tokens.ts';
import { type OperatorClient, ProblemResponse } from '../../operator/client.ts';
import { eventually, type Finding, ok, Wrong } from './checks.ts';

/** One name, so that a run finds what another one has left that was killed. ZZ is nobody's country. */
export const guestId = 'smoke-test';
export const guestParty = { country_code: 'ZZ', party_id: 'SMK' };

export interface Guest {
  /** A secret. */
  token: string;
  /** As OCPI 2.2.1 wants it in the header. */
  authorization: string;
  /** Where a partner begins. */
  versionsUrl: string;
}

/** Adds it; what a run that was killed has left goes before. */
export async function addGuest(api: OperatorClient): Promise<Guest> {
  await removeGuest(api);
  const roles = (['EMSP', 'CPO'] as const).map((role) => ({ role, ...guestParty }));
  const { token, authorization, versionsUrls } = await api.call(addPeer, { id: guestId, roles, version: '2.2.1' });
  const [first] = versionsUrls;
  if (!first) throw new Wrong('peers/add does not say where a partner begins');
  return { token, authorization: authorization.base64, versionsUrl: first.url };
}

/** First of all it may come in no more. */
async function removeGuest(api: OperatorClient): Promise<void> {
  try {
    await api.call(removePeer, { id: guestId });
  } catch (error) {
    if (!(error instanceof ProblemResponse && error.type === 'not-found')) throw error;
  }
  for (const uid of await uidsOf(api)) await api.call(eraseToken, { uid });
}

async function uidsOf(api: OperatorClient): Promise<string[]> {
  const uids: string[] = [];
  const party = `${guestParty.country_code}-${guestParty.party_id}`;
  for await (const { lines } of api.pages(exportReceivedTokens, { party })) {
    uids.push(...lines.map(({ token }) => token.uid));
  }
  return uids;
}

/**
 * @param pushed the uids of what it may have pushed; an index may not name them yet
 * @throws Error if something is left
 */
export async function forgetGuest(api: OperatorClient, pushed: readonly string[]): Promise<Finding> {
  await removeGuest(api);
  for (const uid of pushed) await api.call(eraseToken, { uid });
  await eventually(async () => {
    const left = await uidsOf(api);
    for (const uid of left) await api.call(eraseToken, { uid });
    if (left.length > 0) throw new Wrong(`received Tokens are left: ${left.join(', ')}`, byHand);
  });
  return ok('its partner and what that has pushed are gone');
}

export const byHand = `Run this again: it begins with what is left. By hand: peers remove ${guestId}, and tokens erase of each uid of received list --party ZZ SMK`;
