/** The Authorization header names the peer. Looked up for every request, so that a revoked token stops at once (TRN-09, TRN-10). */
import { readAuthorization, sha256 } from '../../credentials/access-token.ts';
import type { CredentialsCall } from '../../crud/crud.ts';
import { unauthorized } from '../../errors.ts';
import type { Role } from '../../ocpi/versions.ts';
import { type AccessToken, newestToken, type Peer } from '../../peers/peer.ts';
import type { Runtime } from '../../runtime.ts';
import type { Middleware } from '../request.ts';

interface Options {
  /** The role of ours that the request is about; undefined for all of them. */
  role: Role | undefined;
  /** Whether a CREDENTIALS_TOKEN_A will do (TRN-11). */
  takesRegistrationToken: boolean;
}

/** Where there is no version to say how the token stands in the header. */
const usualEncodings = ['base64', 'raw'] as const;

/** How often a function notes that a peer is alive. */
const contactIntervalMs = 10 * 60_000;

export function authenticate(runtime: Runtime, options: Options): Middleware {
  const noteUse = noteUses(runtime);
  return {
    before: async ({ event, context: { ocpi } }) => {
      const { wire } = ocpi;
      const role = ocpi.ourRole ?? options.role;
      const readings = new Map(
        readAuthorization(event.headers.authorization ?? '', wire?.authorizationEncodings ?? usualEncodings).map(
          (reading) => [sha256(reading.token), reading],
        ),
      );
      const [likeliest] = readings.values();
      if (!likeliest) throw unauthorized();

      const version = wire?.version ?? '2.3.0';
      const credentialsCall = { module_id: 'credentials', version, ...(role && { role }) } as const;
      const found = await runtime.backend.credentials.do({
        ...credentialsCall,
        auth_token: likeliest.token,
        action: 'Authenticate',
        data: { sha256: [...readings.keys()] },
      });
      const reading = found && readings.get(found.sha256);
      const accessToken = found?.data.tokensWeGave.find((token) => token.sha256 === found.sha256);
      if (!found || !reading || !accessToken) throw unauthorized();
      if (accessToken.expiresAt !== undefined && accessToken.expiresAt <= runtime.now().toISOString())
        throw unauthorized();
      if (accessToken.isForRegistration && !options.takesRegistrationToken) throw unauthorized();

      ocpi.peer = found.data;
      ocpi.peerRevision = found.revision;
      ocpi.accessToken = accessToken;
      ocpi.authorization = reading;
      ocpi.credentialsCall = { ...credentialsCall, auth_token: reading.token };
      if (role) ocpi.call = { module_id: 'tokens', role, version, auth_token: reading.token };
      ocpi.useNoted = noteUse(found.data, accessToken, ocpi.credentialsCall);
    },
    // Nothing waits for the note, but a function that has answered is frozen.
    after: ({ context }) => context.ocpi.useNoted,
    onError: ({ context }) => context.ocpi.useNoted,
  };
}

/** Notes the first use of a peer's new token, which ends the old one (CRED-30), and that the peer is alive, now and then. Never rejects. */
function noteUses({ backend, now, log }: Runtime) {
  const noted = new Map<string, { sha256: string; at: number }>();

  return async (peer: Peer, token: AccessToken, call: CredentialsCall): Promise<void> => {
    if (token.isForRegistration || token.isPending) return;
    const at = now();
    const last = noted.get(peer.id);
    if (last?.sha256 === token.sha256 && at.getTime() - last.at < contactIntervalMs) return;
    try {
      const isNewest = newestToken(peer)?.sha256 === token.sha256;
      const data = { id: peer.id, at: at.toISOString(), ...(isNewest && { sha256: token.sha256 }) };
      await backend.credentials.do({ ...call, action: 'RecordUse', data });
      noted.set(peer.id, { sha256: token.sha256, at: at.getTime() });
    } catch (error) {
      // The request is good all the same, and the next one notes it.
      log.warn('use of a token not recorded', { peer: peer.id, error });
    }
  };
}
