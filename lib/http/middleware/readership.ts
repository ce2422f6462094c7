/** Who may read our Tokens: those of an eMSP are none of another eMSP's business. */
import { forbidden } from '../../errors.ts';
import { mayReadOurTokens } from '../../peers/peer.ts';
import type { Middleware, OcpiRequest } from '../request.ts';

/** @throws 403 */
export const readership = (): Middleware => ({
  before: ({ context }) => {
    const { peer } = context.ocpi as OcpiRequest;
    if (!mayReadOurTokens(peer)) throw forbidden('The Sender interface is for charge point operators, not for eMSPs');
  },
});
