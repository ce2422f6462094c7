/** Who may read our Tokens: those of an eMSP are none of another eMSP's business. */
import { forbidden } from '../../../errors.ts';
import { mayReadOurTokens } from '../../../peers/access.ts';
import type { Middleware } from '../../chain.ts';
import type { Authenticated } from '../request.ts';

/** @throws 403 */
export const readership: Middleware<Authenticated> = {
  before: ({ access }) => {
    if (!mayReadOurTokens(access)) throw forbidden('The Sender interface is for charge point operators, not for eMSPs');
    return {};
  },
};
