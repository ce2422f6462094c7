/** The calls that no request caused: they carry no token, and speak the canonical version. */
import { canonicalVersion } from '../ocpi/versions.ts';

export const ownTokensCall = { module_id: 'tokens', role: 'EMSP', version: canonicalVersion } as const;
export const receivedTokensCall = { module_id: 'tokens', role: 'CPO', version: canonicalVersion } as const;
export const peersCall = { module_id: 'credentials', version: canonicalVersion } as const;
