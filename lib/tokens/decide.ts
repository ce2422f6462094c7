/** Real-time authorization: what our own record of a Token says about charging, as a pure function. Replaced in lib/runtime/backend.ts. */
import type { AuthorizationInfo, LocationReferences, Token } from '../ocpi/token.ts';
import { fold, sameCiString } from '../ocpi/values.ts';
import type { TokenSettings } from './settings.ts';

export interface Question {
  token: Token;
  settings: TokenSettings;
  /** Where the driver wants to charge, as the CPO named it. */
  location: LocationReferences | undefined;
  /** A canonical DateTime. */
  now: string;
  /** Makes the authorization_reference, of at most 36 characters, of a permission (AUTH-15). */
  newReference: () => string;
}

type Answer = AuthorizationInfo | undefined;

/** @returns undefined if only a location would allow to decide (AUTH-09) */
export type Decide = (question: Question) => Answer | Promise<Answer>;

export function decideByRecord({ token, settings, location, now, newReference }: Question): Answer {
  const refuse = (allowed: AuthorizationInfo['allowed']): AuthorizationInfo => ({ allowed, token });

  if (settings.blocked) return { ...refuse('BLOCKED'), ...blockInfo(token, settings) };
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

/** The text for the driver in the language of his Token, else the first there is. */
function blockInfo({ language }: Token, { block }: TokenSettings): Pick<AuthorizationInfo, 'info'> {
  const texts = block?.info ?? [];
  const info = texts.find((text) => text.language === language) ?? texts[0];
  return info ? { info } : {};
}

/** No evse_uids asked or allowed means the whole location (AUTH-06); a location that we do not know is no reason to refuse (AUTH-08). */
function permittedPart(asked: LocationReferences, settings: TokenSettings): LocationReferences | undefined {
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
