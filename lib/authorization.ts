/** Real-time authorization: what our own record of a Token says about charging, as a pure function. Replace just this to decide otherwise. */
import type { AuthorizationInfo, LocationReferences, Token } from './ocpi/token.ts';
import { fold, sameCiString } from './ocpi/values.ts';

/** What the operator keeps beside a Token of ours; OCPI never sees it. Absent means no restriction. */
export interface AuthorizationSettings {
  blocked?: boolean;
  /** A canonical DateTime from which the Token is expired. */
  expiresAt?: string;
  hasNoCredit?: boolean;
  /** Never decide without knowing where (2002). */
  needsLocation?: boolean;
  /** Only these locations, and of each only these EVSEs if it names any. */
  allowedLocations?: { location_id: string; evse_uids?: string[] }[];
}

export interface OwnToken {
  token: Token;
  settings: AuthorizationSettings;
}

/**
 * @param location where the driver wants to charge, as the CPO named it
 * @param now a canonical DateTime
 * @param newReference makes the authorization_reference, of at most 36 characters, of a permission (AUTH-15)
 * @returns undefined if only a location would allow to decide (AUTH-09)
 */
export function authorize(
  { token, settings }: OwnToken,
  location: LocationReferences | undefined,
  now: string,
  newReference: () => string,
): AuthorizationInfo | undefined {
  const refuse = (allowed: AuthorizationInfo['allowed']): AuthorizationInfo => ({ allowed, token });

  if (settings.blocked) return refuse('BLOCKED');
  if (settings.expiresAt !== undefined && settings.expiresAt <= now) return refuse('EXPIRED');
  if (!token.valid) return refuse('BLOCKED');
  if (settings.hasNoCredit) return refuse('NO_CREDIT');

  const isRestricted = settings.allowedLocations !== undefined;
  if (!location) {
    if (settings.needsLocation || isRestricted) return undefined;
    return { allowed: 'ALLOWED', token, authorization_reference: newReference() };
  }

  const permitted = permittedPart(location, settings);
  if (!permitted) return refuse('NOT_ALLOWED');
  return { allowed: 'ALLOWED', token, location: permitted, authorization_reference: newReference() };
}

/** No evse_uids asked or allowed means the whole location (AUTH-06); a location that we do not know is no reason to refuse (AUTH-08). */
function permittedPart(asked: LocationReferences, settings: AuthorizationSettings): LocationReferences | undefined {
  if (!settings.allowedLocations) return asked;
  const allowed = settings.allowedLocations.filter((entry) => sameCiString(entry.location_id, asked.location_id));
  if (allowed.length === 0) return undefined;
  if (allowed.some((entry) => !entry.evse_uids?.length)) return asked;
  const allowedUids = allowed.flatMap((entry) => entry.evse_uids ?? []);
  if (!asked.evse_uids?.length) return { ...asked, evse_uids: allowedUids };

  const allowedEvses = new Set(allowedUids.map(fold));
  const evse_uids = asked.evse_uids.filter((uid) => allowedEvses.has(fold(uid)));
  return evse_uids.length > 0 ? { ...asked, evse_uids } : undefined;
}
