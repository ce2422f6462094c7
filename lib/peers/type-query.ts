/** How the type of a Token stands in a URL of the peer. */
import type { Peer } from './peer.ts';

/** @param type in the version of the peer; undefined if its URLs name none */
export const typeQuery = (
  { settings }: Pick<Peer, 'settings'>,
  type: string | undefined,
): Record<string, string> | undefined =>
  type === undefined ? undefined : { type, ...(settings?.sendsTokenType && { token_type: type }) };
