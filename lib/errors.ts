/** The one error class that becomes an answer, and the table of all the errors that we send. */

interface OcpiErrorOptions extends ErrorOptions {
  headers?: Record<string, string>;
}

/**
 * An answer that is not a success.
 * @param http HTTP status code
 * @param status OCPI status code (TRN-45)
 * @param options.headers of the answer, beside those that every answer has
 */
export class OcpiError extends Error {
  readonly http: number;
  readonly status: number;
  readonly headers: Record<string, string> | undefined;

  constructor(http: number, status: number, message: string, { headers, ...options }: OcpiErrorOptions = {}) {
    super(message, options);
    this.name = 'OcpiError';
    this.http = http;
    this.status = status;
    this.headers = headers;
  }
}

const longestQuote = 60;

/** Something that came in, as it may stand in a message or a log line: in quotes, and never longer than a line. */
export const quote = (text: string): string =>
  `"${text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text}"`;

/** A valid HTTP request with something wrong in it is HTTP 200 with 2001 (TRN-41, TRN-45). */
export const invalid = (message: string) => new OcpiError(200, 2001, message);

/** TRN-40 */
export const notJson = (cause: unknown) => new OcpiError(400, 2001, 'The request body is not JSON in UTF-8', { cause });

/** TRN-10 */
export const unauthorized = () =>
  new OcpiError(401, 2000, 'No credentials token that we know in the Authorization header');

/** TRN-41 lets an authenticated sender that may not do this be told so. */
export const forbidden = (message: string) => new OcpiError(403, 2000, message);

export const notFound = (message: string) => new OcpiError(404, 2000, message);

/** @param status 2004 where the version has it (AUTH-10, COO-12), else 2000 (AUTH-11) */
export const unknownToken = (status: number) => new OcpiError(404, status, 'Unknown Token');

const allow = (methods: readonly string[]) => ({ headers: { Allow: methods.join(', ') } });

/** TRN-47. @param methods those that the endpoint has */
export const methodNotAllowed = (methods: readonly string[]) =>
  new OcpiError(405, 2000, 'This endpoint does not have this method', allow(methods));

/** VER-16 */
export const unsupportedVersion = (version: string) =>
  new OcpiError(404, 3002, `OCPI version ${quote(version)} is not supported`);

/** AUTH-09 */
export const notEnoughInformation = () =>
  new OcpiError(200, 2002, 'A location is needed to decide on this Token: send LocationReferences');

/** CRED-22, CRED-23, CRED-24: the method does not fit the state of the registration, and others do. */
export const wrongRegistrationState = (message: string, isRegistered: boolean) =>
  new OcpiError(405, 2000, message, allow(isRegistered ? ['GET', 'PUT', 'DELETE'] : ['GET', 'POST']));

/** The caller's own API did not work when we asked it (CRED-34). */
export const cannotUseApi = (message: string, cause?: unknown) => new OcpiError(200, 3001, message, { cause });

/** The caller does not offer the version that it registers for. */
export const versionNotOffered = (version: string) =>
  new OcpiError(200, 3002, `Your versions endpoint does not list version ${version}`);

/** What the caller's version details say of a module that the connection needs cannot be read (CRED-33). */
export const endpointUnreadable = (name: string, fault: string) =>
  new OcpiError(200, 3003, `Your version details say of ${name} what cannot be used: ${fault}`);

/** CRED-33 */
export const endpointsMissing = (names: string[]) =>
  new OcpiError(200, 3003, `Your version details lack what this connection needs: ${names.join(', ')}`);

/** A bound of ours, so that nobody who lets us wait keeps others from being served. */
export const tooManyHandshakes = () =>
  new OcpiError(200, 3000, 'Too many exchanges of credentials are under way here: try again in a minute');

/** HTTP's, because OCPI has nothing for it (G-06). @param seconds after which it may ask again */
export const tooManyRequests = (seconds: number) =>
  new OcpiError(429, 2000, `Too many requests: try again in ${seconds} s`, {
    headers: { 'Retry-After': String(seconds) },
  });

/** A failure of ours that we handle is HTTP 200 with 3000 (TRN-45); the caller learns nothing of its cause. */
const internal = (cause: unknown) => new OcpiError(200, 3000, 'Internal error', { cause });

/** @returns what to answer when something was thrown */
export const toOcpiError = (error: unknown): OcpiError => (error instanceof OcpiError ? error : internal(error));
