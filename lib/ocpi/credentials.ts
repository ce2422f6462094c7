/** The canonical objects of the versions and credentials modules: the shape of OCPI 2.3.0. */
import * as v from 'valibot';
import { boundedList, ciString, object, oneOf, optional, string, url } from './values.ts';

/** 2.3.0 has no HUB; it stays here, because a hub of a 2.2.1 connection is known by it (CRED-03, CRED-04). */
export const partnerRole = oneOf(['CPO', 'EMSP', 'HUB', 'NAP', 'NSP', 'OTHER', 'SCSP']);
export type PartnerRole = v.InferOutput<typeof partnerRole>;

const pixels = v.pipe(v.number('a number'), v.integer('a whole number'), v.maxValue(99_999, 'at most 99999'));

const image = object({
  url,
  thumbnail: optional(url),
  category: ciString(36),
  type: ciString(4),
  width: optional(pixels),
  height: optional(pixels),
});

export const businessDetails = object({ name: string(100), website: optional(url), logo: optional(image) });
export type BusinessDetails = v.InferOutput<typeof businessDetails>;

export const credentialsRole = object({
  role: partnerRole,
  business_details: businessDetails,
  party_id: ciString(3),
  country_code: ciString(2),
});
export type CredentialsRole = v.InferOutput<typeof credentialsRole>;

const tokenMessage = 'a string of 1 to 64 printable ASCII characters without spaces';
export const credentialsToken = v.pipe(v.string(tokenMessage), v.regex(/^[\x21-\x7e]{1,64}$/, tokenMessage));

export const credentialsEntries = {
  token: credentialsToken,
  url,
  hub_party_id: optional(ciString(5)),
  roles: v.pipe(boundedList(credentialsRole), v.minLength(1, 'a list of at least one role')),
};

export const credentials = object(credentialsEntries);
export type Credentials = v.InferOutput<typeof credentials>;

/** An entry of the list of versions. A version that we do not know is no error (VER-12). */
export const versionEntry = object({ version: string(32), url });
export type VersionEntry = v.InferOutput<typeof versionEntry>;

/** Who implements an interface: SENDER the owner of the data, RECEIVER the other side (VER-06). */
export type InterfaceRole = 'SENDER' | 'RECEIVER';

/** `role` is absent in 2.1.1 (VER-05); a module that we do not know is no error (VER-11). */
export const moduleEndpoint = object({
  identifier: string(255),
  role: optional(oneOf(['SENDER', 'RECEIVER'])),
  url,
});
export type ModuleEndpoint = v.InferOutput<typeof moduleEndpoint>;
