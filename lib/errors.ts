/** The one error class that becomes an answer, and the table of all the errors that we send. */

/**
 * An answer that is not a success.
 * @param http HTTP status code
 * @param status OCPI status code (requirements §6)
 */
export class OcpiError extends Error {
  readonly http: number;
  readonly status: number;

  constructor(http: number, status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OcpiError';
    this.http = http;
    this.status = status;
  }
}

/** A valid HTTP request with something wrong in it is HTTP 200 with 2001 (TRN-41, TRN-45). */
export const invalid = (message: string) => new OcpiError(200, 2001, message);

/** TRN-40 */
export const notJson = (cause: unknown) => new OcpiError(400, 2001, 'The request body is not JSON', { cause });

/** TRN-10 */
export const unauthorized = () =>
  new OcpiError(401, 2000, 'No credentials token that we know in the Authorization header');

/** TRN-41 lets an authenticated sender that may not do this be told so. */
export const forbidden = (message: string) => new OcpiError(403, 2000, message);

export const notFound = (message: string) => new OcpiError(404, 2000, message);

/** @param status 2004 where the version has it (AUTH-10, COO-12), else 2000 (AUTH-11) */
export const unknownToken = (status: number) => new OcpiError(404, status, 'Unknown Token');

/** TRN-47 */
export const methodNotAllowed = () => new OcpiError(405, 2000, 'This endpoint does not have this method');

/** VER-16 */
export const unsupportedVersion = (version: string) =>
  new OcpiError(404, 3002, `OCPI version ${version} is not supported`);

/** AUTH-09 */
export const notEnoughInformation = () =>
  new OcpiError(200, 2002, 'A location is needed to decide on this Token: send LocationReferences');

/** CRED-22, CRED-23, CRED-24: the method does not fit the state of the registration. */
export const wrongRegistrationState = (message: string) => new OcpiError(405, 2000, message);

/** The caller's own API did not work when we asked it (CRED-34). */
export const cannotUseApi = (message: string, cause?: unknown) => new OcpiError(200, 3001, message, { cause });

/** The caller does not offer the version that it registers for. */
export const versionNotOffered = (version: string) =>
  new OcpiError(200, 3002, `Your versions endpoint does not list version ${version}`);

/** CRED-33 */
export const endpointsMissing = (names: string[]) =>
  new OcpiError(200, 3003, `Your version details lack what this connection needs: ${names.join(', ')}`);

/** A failure of ours that we handle is HTTP 200 with 3000 (TRN-45); the caller learns nothing of its cause. */
const internal = (cause: unknown) => new OcpiError(200, 3000, 'Internal error', { cause });

/** @returns what to answer when something was thrown */
export const toOcpiError = (error: unknown): OcpiError => (error instanceof OcpiError ? error : internal(error));
