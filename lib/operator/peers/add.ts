import { authorizationHeaders } from '../../credentials/access-token.ts';
import { addPeer as addByHand } from '../../credentials/add.ts';
import type { addPeer } from '../api/peers.ts';
import type { Run } from '../run.ts';
import { checkOwnParties, inWords, settingsOf } from './common.ts';
import { type Needed, versionsUrls } from './invite.ts';
import { auditView, viewOf } from './view.ts';

/** Most test systems speak this one. */
const usualVersion = '2.2.1';

/** Adds a peer by hand, without a handshake. */
export const add: Run<typeof addPeer, Needed> = async (input, runtime, { audit }) => {
  const { id, roles, version = usualVersion, token: given, ...expected } = input;
  checkOwnParties(runtime, expected.settings);
  const { peer, token } = await inWords(
    addByHand(runtime, { roles, version, id, token: given, settings: settingsOf(expected) }),
  );
  audit({ what: 'peer', peer: peer.id, after: auditView(peer, runtime.now()) });
  return {
    peer: viewOf({ data: peer }, runtime.now()),
    versionsUrls: versionsUrls(runtime, peer, undefined),
    token,
    authorization: authorizationHeaders(token),
  };
};
