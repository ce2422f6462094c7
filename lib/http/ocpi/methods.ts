/** The methods that each endpoint has, for the `Allow` of a 405 (TRN-47). A function does not see the routes of the others. */

const receiver = ['GET', 'PUT', 'PATCH'];
export const ofList = ['GET'];
export const ofAuthorize = ['POST'];
const ofCredentials = ['GET', 'POST', 'PUT', 'DELETE'];
const ofReading = ['GET'];

export const endsInAuthorize = (path: string): boolean => /[^/]\/+authorize\/*$/.test(path);

const isMore = (path: string): boolean => /[^/]/.test(path);

/**
 * @param routeKey that of the fallback: `ANY /ocpi/emsp/{version}/tokens/{path+}`
 * @param path the rest of it
 * @returns undefined where there is no endpoint at all
 */
export function methodsAt(routeKey: string, path: string): string[] | undefined {
  if (routeKey.startsWith('ANY /ocpi/cpo/{version}/tokens')) return receiver;
  if (routeKey.startsWith('ANY /ocpi/emsp/{version}/tokens')) {
    if (!isMore(path)) return ofList;
    return endsInAuthorize(path) ? ofAuthorize : undefined;
  }
  // The configuration modules are routed with {path+} only for a slash at their end; documents are only read, as versions are.
  if (routeKey === '$default' || isMore(path)) return undefined;
  return routeKey.includes('/credentials') ? ofCredentials : ofReading;
}
