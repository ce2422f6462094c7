/** The canonical objects of the versions and credentials modules: the shape of OCPI 2.3.0. */
import * as v from 'valibot';
import { boundedList, ciString, isObject, object, oneOf, optional, string, tidy, url } from './values.ts';

/** 2.3.0 has no HUB; it stays here, because a hub of a 2.2.1 connection is known by it (CRED-03, CRED-04). */
export const partyRole = oneOf(['CPO', 'EMSP', 'HUB', 'NAP', 'NSP', 'OTHER', 'SCSP']);
export type PartyRole = v.InferOutput<typeof partyRole>;

/** Of a peer's credentials the name at most; of ours what we send, where null is for peers that want every key (`sendsNullDecoration`). */
export interface BusinessDetails {
  name?: string;
  website?: string | null;
  logo?: null;
}

const longestName = 100;

function readBusinessDetails(input: unknown): BusinessDetails {
  const name = isObject(input) && typeof input.name === 'string' ? tidy(input.name, longestName) : '';
  return name ? { name } : {};
}

/**
 * Whatever it is, it is no reason to refuse a peer: nothing hangs on it, and by the time that we read it in an answer the peer has
 * made our token A void. Without a name the party is known by its id.
 */
export const businessDetails = v.pipe(
  v.unknown(),
  v.transform(readBusinessDetails),
  v.metadata({ description: 'BusinessDetails, of which the name is kept; nothing in it is a reason to refuse' }),
);

export const credentialsRole = object({
  role: partyRole,
  business_details: businessDetails,
  party_id: ciString(3),
  country_code: ciString(2),
});
export type CredentialsRole = v.InferOutput<typeof credentialsRole>;

const tokenMessage = 'a string of 1 to 64 printable ASCII characters without spaces';
export const credentialsToken = v.pipe(v.string(tokenMessage), v.regex(/^[\x21-\x7e]{1,64}$/, tokenMessage));

/** How a credentials token stands in the Authorization header (TRN-03, TRN-04). */
export type AuthorizationEncoding = 'raw' | 'base64';

/** Before it is known who announces them: a hub lists all that it reaches, as charge point operators and as eMSPs (CRED-04). */
const mostRoles = 20_000;

export const credentialsEntries = {
  token: credentialsToken,
  url,
  hub_party_id: optional(ciString(5)),
  roles: v.pipe(boundedList(credentialsRole, mostRoles), v.minLength(1, 'a list of at least one role')),
};

export const credentials = object(credentialsEntries);
export type Credentials = v.InferOutput<typeof credentials>;

/** An entry of the list of versions. A version that we do not know is no error (VER-12). */
export const versionEntry = object({ version: string(32), url });
export type VersionEntry = v.InferOutput<typeof versionEntry>;

const endpointEntries = { identifier: string(255), url };

/** As in 2.1.1, which has no role (VER-05), and of the credentials module, whose role is disregarded (VER-07). */
export const endpointWithoutRole = object(endpointEntries);

/** A module that we do not know is no error (VER-11). */
export const moduleEndpoint = object({ ...endpointEntries, role: optional(oneOf(['SENDER', 'RECEIVER'])) });
export type ModuleEndpoint = v.InferOutput<typeof moduleEndpoint>;
