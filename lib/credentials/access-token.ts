/** Credentials tokens as secrets: how they are made, and how they stand in an Authorization header. */
import { hash, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { type AuthorizationEncoding, credentialsToken } from '../ocpi/credentials.ts';

/** 256 random bits in 43 characters. */
export const newCredentialsToken = (): string => randomBytes(32).toString('base64url');

/** The only form in which a token that authenticates a peer is stored. */
export const sha256 = (token: string): string => hash('sha256', token);

export interface PresentedToken {
  token: string;
  encoding: AuthorizationEncoding;
}

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Undoes the Base64 of 2.2 and later; padding may be missing, and a stray newline at the end is not part of the token (TRN-08). */
const decodeBase64 = (value: string): string =>
  base64.test(value)
    ? Buffer.from(value, 'base64')
        .toString('utf8')
        .replace(/[\r\n]+$/, '')
    : '';

/**
 * What an Authorization header may mean. Looks decide nothing: a lookup does (TRN-07).
 * @param encodings the likeliest first
 */
export function readAuthorization(header: string, encodings: readonly AuthorizationEncoding[]): PresentedToken[] {
  const [, value] = /^Token +(\S+)\s*$/i.exec(header) ?? [];
  if (!value) return [];
  return encodings
    .map((encoding) => ({ encoding, token: encoding === 'raw' ? value : decodeBase64(value) }))
    .filter(({ token }) => v.is(credentialsToken, token));
}

/** What stands in the header of a request with this token, in the form of 2.2 and later and in that of 2.1.1 (TRN-03, TRN-04). */
export const authorizationHeaders = (token: string) => ({
  base64: `Token ${Buffer.from(token).toString('base64')}`,
  raw: `Token ${token}`,
});
