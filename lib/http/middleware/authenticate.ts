/** The Authorization header names the peer. Looked up for every request, so that a revoked token stops at once (TRN-09, TRN-10). */
import { createHash } from 'node:crypto';
import { unauthorized } from '../../errors.ts';
import type { Role } from '../../ocpi/versions.ts';
import type { Runtime } from '../../runtime.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Middleware } from '../request.ts';

/** The only form in which a token that authenticates a peer is stored. */
export const sha256 = (token: string): string => createHash('sha256').update(token).digest('hex');

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
const credentialsToken = /^[\x21-\x7e]{1,64}$/;

/** Undoes the Base64 of 2.2 and later; padding may be missing, and a stray newline at the end is not part of the token (TRN-08). */
function decodeBase64(value: string): string | undefined {
  if (!base64.test(value)) return undefined;
  const decoded = Buffer.from(value, 'base64')
    .toString('utf8')
    .replace(/[\r\n]+$/, '');
  return credentialsToken.test(decoded) ? decoded : undefined;
}

/**
 * What an Authorization header may mean, the version's usual reading first. Looks decide nothing: a lookup does (TRN-07).
 */
export function credentialsTokens(header: string, wire: Wire): string[] {
  const [, value] = /^Token +(\S+)\s*$/i.exec(header) ?? [];
  if (!value) return [];
  const readings = { raw: value, base64: decodeBase64(value) };
  return wire.authorizationEncodings.map((encoding) => readings[encoding]).filter((token) => token !== undefined);
}

export const authenticate = ({ backend }: Runtime, role: Role): Middleware => ({
  before: async ({ event, context }) => {
    const { wire } = context.ocpi as { wire: Wire };
    const tokens = new Map(
      credentialsTokens(event.headers.authorization ?? '', wire).map((token) => [sha256(token), token]),
    );
    if (tokens.size === 0) throw unauthorized();

    const [likeliest = ''] = tokens.values();
    const found = await backend.credentials.do({
      module_id: 'credentials',
      role,
      version: wire.version,
      auth_token: likeliest,
      action: 'Authenticate',
      data: { sha256: [...tokens.keys()] },
    });
    if (!found) throw unauthorized();

    const authToken = tokens.get(found.sha256) ?? likeliest;
    context.ocpi.peer = found.data;
    context.ocpi.call = { module_id: 'tokens', role, version: wire.version, auth_token: authToken };
  },
});
