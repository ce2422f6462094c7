/** `peers add`, `list`, `show` and `remove`. */
import type { PartyRole } from '../ocpi/credentials.ts';
import type { VersionNumber } from '../ocpi/versions.ts';
import { addPeer, listPeers, removePeer, showPeer } from '../operator/api/peers.ts';
import { authorizationLines, describe, spell, summary, whatItReads } from './known-peers.ts';
import { givenToken, parseRoles } from './options.ts';
import type { Session } from './session.ts';

interface AddOptions {
  role?: PartyRole;
  party: string[];
  version: VersionNumber;
  id?: string;
  token?: string;
}

export async function add(session: Session, { party, role, version, id, token }: AddOptions): Promise<void> {
  const roles = parseRoles(party, role);
  const given = await givenToken(token, session.terminal);
  const added = await session.call(addPeer, {
    roles,
    version,
    ...(id !== undefined && { id }),
    ...(given !== undefined && { token: given }),
  });
  session.answer(
    added,
    [
      `Added ${added.peer.id} (${spell(roles)}), OCPI ${version}.`,
      whatItReads(added.peer),
      'Its credentials token is shown this once; only a hash of it is stored:',
      '',
      `  ${added.token}`,
      '',
      ...authorizationLines(added.authorization),
    ].join('\n'),
  );
}

export async function list(session: Session): Promise<void> {
  const { peers } = await session.call(listPeers, {});
  session.answer({ peers }, summary(peers));
}

export async function show(session: Session, id: string): Promise<void> {
  const { peer } = await session.call(showPeer, { id });
  session.answer({ peer }, describe(peer, session.terminal.now()));
}

export async function remove(session: Session, id: string): Promise<void> {
  const { removed } = await session.call(removePeer, { id });
  const { roles, state } = removed;
  const what = roles.length > 0 ? `${id} (${spell(roles)})` : id;
  const untold = state === 'registered' ? ' It has not been told; unregister does that.' : '';
  session.answer(
    { removed },
    `Removed ${what}. Its requests are refused from now on; the Tokens that it pushed stay.${untold}`,
  );
}
