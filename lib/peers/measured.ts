/** Which peers have metrics of their own: each costs by the month, so only so many have, and the others are measured together. */
import type { Peer } from './peer.ts';

/** The first that come have, and keep them; whom the settings name, or take out, counts beside them. */
export const mostMeasured = 20;

/** The name of all the others in the metrics; no id has brackets. */
const otherPeers = '(other)';

export const isMeasured = ({ settings = {}, isAmongFirst }: Pick<Peer, 'settings' | 'isAmongFirst'>): boolean =>
  settings.hasOwnMetrics ?? isAmongFirst ?? false;

/** @returns the name under which a peer is measured */
export const measuredAs = ({ id, isMeasured: has }: { id: string; isMeasured?: boolean }): string =>
  has ? id : otherPeers;
