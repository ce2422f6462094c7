/** What the tests of transport and format share: a good request to each of the five Tokens endpoints, and one for every kind of answer. */
import type { VersionNumber } from '../../lib/ocpi/versions.ts';
import { ownToken } from './builders.ts';
import {
  type Answer,
  authorization,
  optionalBody,
  type Platform,
  type Sent,
  send,
  startPlatform,
  tokenBody,
  us,
} from './http.ts';
import { cpoToken, emspToken } from './runtime.ts';

/** A platform that owns the Token OWN. */
export async function startTransport(): Promise<Platform> {
  const platform = await startPlatform();
  await platform.addTokens(ownToken(us, { uid: 'OWN' }));
  return platform;
}

export interface Endpoint extends Sent {
  method: string;
  secret: string;
}

/** One good request to each endpoint. */
export const endpointsOf = (version: VersionNumber): [name: string, Endpoint][] => {
  const received = `/ocpi/cpo/${version}/tokens/DE/DMS/0A1B2C3D4E5F60`;
  const own = `/ocpi/emsp/${version}/tokens`;
  const body = tokenBody(version, optionalBody(version));
  return [
    ['PUT', { method: 'PUT', path: received, body, secret: emspToken }],
    ['PATCH', { method: 'PATCH', path: received, body: { last_updated: body.last_updated }, secret: emspToken }],
    ['GET', { method: 'GET', path: received, secret: emspToken }],
    ['list', { method: 'GET', path: own, secret: cpoToken }],
    ['authorize', { method: 'POST', path: `${own}/OWN/authorize`, secret: cpoToken }],
  ];
};

/** @returns what sends a request there, with the credentials token of its endpoint unless a header says otherwise */
export const askOf =
  ({ url }: Platform) =>
  (version: VersionNumber, { secret, ...sent }: Endpoint, headers: Sent['headers'] = {}): Promise<Answer> =>
    send(url, { ...sent, headers: { authorization: authorization(version, secret), ...headers } });

/** The good PUT. */
export const put = (version: VersionNumber): Endpoint => (endpointsOf(version)[0] as [string, Endpoint])[1];

/** Every kind of answer there is, but for a failure of ours. */
export const answersOf = (version: VersionNumber): [name: string, http: number, status_code: number, Endpoint][] => {
  const unknown = version === '2.1.1' ? 2000 : 2004;
  const [, , get, list, authorize] = endpointsOf(version).map(([, endpoint]) => endpoint) as [
    Endpoint,
    Endpoint,
    Endpoint,
    Endpoint,
    Endpoint,
  ];
  return [
    ...endpointsOf(version).map(([name, endpoint]): [string, number, number, Endpoint] => [name, 200, 1000, endpoint]),
    ['a body that is not valid', 200, 2001, { ...put(version), body: {} }],
    ['a body that is no JSON', 400, 2001, { ...put(version), body: '{' }],
    ['a token that nobody has', 401, 2000, { ...get, secret: 'nobody' }],
    ['an eMSP that reads our list', 403, 2000, { ...list, secret: emspToken }],
    ['a Token that is not there', 404, unknown, { ...get, path: `${get.path}-NOT` }],
    ['another party’s Token', 404, 2000, { ...get, path: get.path.replace('DE/DMS', 'DE/XXX') }],
    ['authorize of an unknown Token', 404, unknown, { ...authorize, path: authorize.path.replace('OWN', 'NOT') }],
    ['a version that we do not serve', 404, 3002, { ...get, path: get.path.replace(version, '2.0') }],
    ['a path that is not there', 404, 2000, { ...get, path: '/nowhere' }],
    ['a method that is not there', 405, 2000, { ...get, method: 'DELETE' }],
  ];
};
