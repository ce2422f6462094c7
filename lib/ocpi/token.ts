/**
 * The canonical objects of the Tokens module: the shape of OCPI 2.3.0. They cross the CRUD seam and are what is stored.
 * DateTimes are canonical too: always UTC with exactly three fractional digits.
 */
import type * as v from 'valibot';
import { boolean, ciString, dateTime, fold, language, list, object, oneOf, optional, string } from './values.ts';

/** An OpenEnum in 2.3.0: any value may come and is kept (ENUM-02). */
export const tokenType = ciString(36);

/** The types that any version names. */
export const knownTokenTypes = ['AD_HOC_USER', 'APP_USER', 'EMAID', 'OTHER', 'RFID'] as const;

export const whitelistType = oneOf(['ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE', 'NEVER']);
export const profileType = oneOf(['CHEAP', 'FAST', 'GREEN', 'REGULAR']);
export const allowedType = oneOf(['ALLOWED', 'BLOCKED', 'EXPIRED', 'NO_CREDIT', 'NOT_ALLOWED']);

/** supplier_name and contract_id are strings, so case-sensitive. */
export const energyContract = object({
  supplier_name: string(64),
  contract_id: optional(string(64)),
});

export const tokenUid = ciString(36);

/** A uid as a charger may have read it: readers differ in letter case and in zeros at the beginning. */
export const comparableUid = (uid: string): string => fold(uid).replace(/^0+/, '');

/** In the order of the specification's table. */
export const tokenEntries = {
  country_code: ciString(2),
  party_id: ciString(3),
  uid: tokenUid,
  type: tokenType,
  contract_id: ciString(36),
  visual_number: optional(string(64)),
  issuer: string(64),
  group_id: optional(ciString(36)),
  valid: boolean,
  whitelist: whitelistType,
  language: optional(language),
  default_profile_type: optional(profileType),
  energy_contract: optional(energyContract),
  last_updated: dateTime,
};

export const token = object(tokenEntries);
export type Token = v.InferOutput<typeof token>;

/** connector_ids only ever comes from and goes to 2.1.1. */
export const locationReferences = object({
  location_id: ciString(39),
  evse_uids: list(ciString(39)),
  connector_ids: list(ciString(36)),
});
export type LocationReferences = v.InferOutput<typeof locationReferences>;

export const displayText = object({ language, text: string(512) });

export interface AuthorizationInfo {
  allowed: v.InferOutput<typeof allowedType>;
  token: Token;
  /** Only if one was asked for and charging is allowed there; only the EVSEs that are permitted (AUTH-14). */
  location?: LocationReferences;
  authorization_reference?: string;
  info?: v.InferOutput<typeof displayText>;
}

/** As a partner sent it: one of 2.1.1 names no Token, and others leave it out too. */
export type AuthorizationAnswer = Omit<AuthorizationInfo, 'token'> & Partial<Pick<AuthorizationInfo, 'token'>>;
