import { authorizationHeaders } from '../../credentials/access-token.ts';
import { invite as inviteToRegister } from '../../credentials/invite.ts';
import { versionsUrl } from '../../ocpi/urls.ts';
import { hasTreePerRole, partiesOf, type Role, versionNumbers } from '../../ocpi/versions.ts';
import { expectedRolesOf } from '../../peers/claims.ts';
import { isHub, type Peer } from '../../peers/peer.ts';
import type { BareRuntime } from '../../runtime/runtime.ts';
import type { OutputOf } from '../api/operation.ts';
import type { invitePeer } from '../api/peers.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { checkOwnParties, checkRole, inWords, settingsOf } from './common.ts';
import { auditView, viewOf } from './view.ts';

const counterpart = { CPO: 'EMSP', EMSP: 'CPO' } as const;

export type Needed = TokensRuntime & Pick<BareRuntime, 'config'>;

/** Whether a connection with the peer may be about this role of ours. */
const mayBe = (peer: Peer, ours: Role): boolean => isHub(peer) || expectedRolesOf(peer).includes(counterpart[ours]);

/** Where a peer begins: one tree for all our roles, and in 2.1.1 one for each (VER-08). */
export function versionsUrls(
  { config }: Needed,
  peer: Peer,
  role: Role | undefined,
): OutputOf<typeof invitePeer>['versionsUrls'] {
  const ours = (['CPO', 'EMSP'] as const).filter((each) => partiesOf(config, each).length > 0 && mayBe(peer, each));
  const newer = versionNumbers.filter((version) => !hasTreePerRole(version));
  const older = versionNumbers.filter((version) => hasTreePerRole(version));
  return [
    { url: versionsUrl(config, undefined), versions: newer },
    ...(role ? [role] : ours).map((each) => ({
      url: versionsUrl(config, each),
      versions: older,
      peerRole: counterpart[each],
    })),
  ];
}

/** Makes an invitation; sent again it makes a new token and ends the one before. */
export const invite: Run<typeof invitePeer, Needed> = async (
  { id, days, ourRole, ...expected },
  runtime,
  { audit },
) => {
  checkRole(runtime, ourRole);
  checkOwnParties(runtime, expected.settings);
  const { peer, token, expiresAt } = await inWords(inviteToRegister(runtime, id, settingsOf(expected), days, ourRole));
  audit({ what: 'peer', peer: id, after: auditView(peer, runtime.now()) });
  return {
    peer: viewOf({ data: peer }, runtime.now()),
    versionsUrls: versionsUrls(runtime, peer, ourRole),
    token,
    authorization: authorizationHeaders(token),
    expiresAt,
  };
};
