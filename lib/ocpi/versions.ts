/** The versions and roles that this server speaks. */

export const versionNumbers = ['2.1.1', '2.2.1', '2.3.0'] as const;
export type VersionNumber = (typeof versionNumbers)[number];

/** The role that *we* play in a call: CPO is the Tokens Receiver, EMSP the Tokens Sender. */
export type Role = 'CPO' | 'EMSP';

/** A party as OCPI names it everywhere. */
export interface PartyId {
  country_code: string;
  party_id: string;
}
