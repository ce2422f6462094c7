/** The Authorization header names the peer. Looked up for every request, so that a revoked token stops at once (TRN-09, TRN-10). */
import { type PresentedToken, readAuthorization, sha256 } from '../../../credentials/access-token.ts';
import { authenticate as findPeer } from '../../../credentials/authenticate.ts';
import { unauthorized } from '../../../errors.ts';
import { canonicalVersion, type Role } from '../../../ocpi/versions.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import type { Middleware } from '../../chain.ts';
import type { Begun } from '../../request.ts';
import type { Authenticated, Calling, InTree, Versioned } from '../request.ts';

/** Where there is no version to say how the token stands in the header. */
const usualEncodings = ['base64', 'raw'] as const;

type Needs = Begun & Partial<Versioned & InTree>;

/** What the header may mean, by its hash. */
const candidatesIn = (header: string, { wire }: Needs): Map<string, PresentedToken> =>
  new Map(
    readAuthorization(header, wire?.authorizationEncodings ?? usualEncodings).map((presented) => [
      sha256(presented.token),
      presented,
    ]),
  );

/**
 * For versions and credentials, where a CREDENTIALS_TOKEN_A will do (TRN-11).
 * @throws 401
 */
export const authenticate = (runtime: Runtime): Middleware<Needs, Authenticated> => ({
  before: async (known, { headers }) => {
    const candidates = candidatesIn(headers.authorization ?? '', known);
    const [likeliest] = candidates.values();
    if (!likeliest) throw unauthorized();

    const { wire, ourRole: role } = known;
    const call = {
      module_id: 'credentials',
      version: wire?.version ?? canonicalVersion,
      ...(role && { role }),
    } as const;
    const found = await findPeer(runtime, { ...call, auth_token: likeliest.token }, [...candidates.keys()]);
    const authorization = found && candidates.get(found.sha256);
    if (!authorization) throw unauthorized();
    const { access, accessToken } = found;
    return { access, accessToken, authorization, credentialsCall: { ...call, auth_token: authorization.token } };
  },
});

/**
 * For the Tokens module, which is for who has registered.
 * @param role the one of ours that the endpoint is of
 * @throws 401 for a CREDENTIALS_TOKEN_A
 */
export const registered = <Ours extends Role>(role: Ours): Middleware<Versioned & Authenticated, Calling<Ours>> => ({
  before: ({ wire: { version }, accessToken, authorization }) => {
    if (accessToken.isForRegistration) throw unauthorized();
    return { call: { module_id: 'tokens', role, version, auth_token: authorization.token } };
  },
});
