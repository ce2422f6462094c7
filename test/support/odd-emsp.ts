/** An eMSP on loopback that answers questions about cards as a test likes, and the peer that a platform knows it as. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PartyId, VersionNumber } from '../../lib/ocpi/versions.ts';
import type { Peer } from '../../lib/peers/peer.ts';
import type { PeerSettings } from '../../lib/peers/settings.ts';
import { createPeer } from '../../lib/peers/store.ts';
import type { Instance } from './instance.ts';

interface Seen {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** `data` in an envelope, or an answer of its own; `hang` is none. */
export type Answering = { data: unknown } | { http: number; body?: string } | 'hang';

export interface OddEmsp {
  url: string;
  seen: Seen[];
  answer: (asked: Seen) => Answering;
  stop(): void;
}

export async function startOddEmsp(answer: OddEmsp['answer'] = () => 'hang'): Promise<OddEmsp> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const asked = { path: request.url ?? '', headers: request.headers, body };
    emsp.seen.push(asked);
    const answered = emsp.answer(asked);
    if (answered === 'hang') return;
    if ('http' in answered) return response.writeHead(answered.http).end(answered.body);
    response.end(JSON.stringify({ data: answered.data, status_code: 1000, timestamp: '2026-01-31T12:00:00Z' }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const emsp: OddEmsp = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    answer,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return emsp;
}

interface Known extends Partial<Peer> {
  id: string;
  party: PartyId;
  url: string;
  version?: VersionNumber;
  settings?: PeerSettings;
}

/** As a handshake would have left it. */
export async function connectEmsp(
  { runtime }: Pick<Instance, 'runtime'>,
  { id, party, url, version = '2.2.1', settings = {}, ...more }: Known,
): Promise<void> {
  await createPeer(runtime, {
    id,
    roles: [{ role: 'EMSP', ...party }],
    version,
    ...(version === '2.1.1' && { ourRole: 'CPO' as const }),
    tokensWeGave: [],
    connection: {
      versionsUrl: `${url}/versions`,
      endpoints: [
        { identifier: 'tokens', ...(version !== '2.1.1' && { role: 'SENDER' as const }), url: `${url}/tokens/` },
      ],
      sealedToken: await runtime.vault.seal(`token-for-${id}`, id),
      authorizationEncoding: version === '2.1.1' ? 'raw' : 'base64',
      exchangedAt: '2026-01-31T12:00:00.000Z',
    },
    settings,
    ...more,
  });
}
