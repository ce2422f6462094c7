/** The versions and roles that this server speaks. */

export const versionNumbers = ['2.1.1', '2.2.1', '2.3.0'] as const;
export type VersionNumber = (typeof versionNumbers)[number];

/** The version whose shapes are the canonical ones: the newest. */
export const canonicalVersion = '2.3.0' satisfies VersionNumber;

/** A version that has a tree of URLs, and registrations, for each role of ours, because it cannot tell the interfaces of two apart (VER-08). */
export const hasTreePerRole = (version: VersionNumber): boolean => version === '2.1.1';

/** The role that *we* play in a call: CPO is the Tokens Receiver, EMSP the Tokens Sender. */
export type Role = 'CPO' | 'EMSP';

/** A party as OCPI names it everywhere. */
export interface PartyId {
  country_code: string;
  party_id: string;
}

/** A party that we are. */
export interface OwnParty extends PartyId {
  role: Role;
}

/** Who we are to partners. */
export interface Platform {
  /** Where partners reach us, without a slash at the end. */
  publicUrl: string;
  /** The parties that we are, in the order in which their Tokens are listed. */
  parties: readonly OwnParty[];
}

/** Our own parties that play this role, in the configured order. */
export const partiesOf = ({ parties }: Pick<Platform, 'parties'>, role: Role): OwnParty[] =>
  parties.filter((own) => own.role === role);
