/** A partner on loopback whose versions and credentials are whatever a test likes, in any version. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { VersionNumber } from '../../lib/ocpi/versions.ts';

export interface OddPeer {
  url: string;
  /** What `GET /versions` answers in `data`. */
  versions: unknown;
  /** What its details list. */
  endpoints: unknown[];
  /** What it answers to POST and PUT of credentials in `data`. */
  credentials: unknown;
  /** An answer in place of OCPI, to everything or to these paths as they are decoded. */
  refusal?: { http: number; body: string; paths?: RegExp };
  seen: { method: string; path: string; authorization: string | undefined; body: string }[];
  stop(): Promise<void>;
}

/** Its party is DE ODD, with this role and these business details. */
export function oddCredentials(version: VersionNumber, url: string, role: string, business_details: unknown) {
  const party = { country_code: 'DE', party_id: 'ODD', business_details };
  const roles = { roles: [{ role, ...party }] };
  return { token: 'token-of-the-odd-peer', url: `${url}/versions`, ...(version === '2.1.1' ? party : roles) };
}

export async function startOddPeer(version: VersionNumber): Promise<OddPeer> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const { method = '', url: path = '', headers } = request;
    peer.seen.push({ method, path, authorization: headers.authorization, body });
    const { paths = /^/ } = peer.refusal ?? {};
    if (peer.refusal && paths.test(decodeURIComponent(path)))
      return response.writeHead(peer.refusal.http).end(peer.refusal.body);
    const details = { version, endpoints: peer.endpoints };
    const data = path === '/versions' ? peer.versions : path === '/details' ? details : peer.credentials;
    response.end(JSON.stringify({ data, status_code: 1000, timestamp: '2026-01-31T12:00:00Z' }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const role = version !== '2.1.1' && { role: 'SENDER' };
  const peer: OddPeer = {
    url,
    versions: [{ version, url: `${url}/details` }],
    endpoints: [
      { identifier: 'credentials', ...role, url: `${url}/credentials` },
      { identifier: 'tokens', ...role, url: `${url}/tokens` },
    ],
    credentials: oddCredentials(version, url, 'CPO', { name: 'Odd Charge' }),
    seen: [],
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return peer;
}
