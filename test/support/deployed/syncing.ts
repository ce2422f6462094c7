/** Tokens on their way between the two platforms of a pair, and to a partner that answers as a test wants. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { expect, vi } from 'vitest';
import { peerCreation } from '../builders.ts';
import { syncedPeer } from '../lanes.ts';
import type { Owner } from '../owner.ts';
import type { Deployed } from './deployment.ts';
import { generous, type Side } from './pair.ts';
import { clientOf } from './queues.ts';

export const patience = { timeout: 50_000, interval: 250 };

/** What the owner puts. @param more of the Token */
export const card = (uid: string, more: object = {}) => ({
  token: { uid, type: 'RFID', contract_id: `C-${uid}`, issuer: 'Lumen', valid: true, whitelist: 'ALLOWED', ...more },
});

/** Waits until the Token has come. */
export const isThere = (owner: Owner, uid: string, valid: boolean) =>
  vi.waitFor(async () => {
    const { tokens } = (await owner.get('received/find', { uid })).data;
    expect(tokens).toMatchObject([{ token: { uid, valid } }]);
  }, patience);

/** Waits until nobody is at work, nor will be without being woken. */
export async function isQuiet({ deployed }: { deployed: Deployed }): Promise<void> {
  const { SyncQueue: QueueUrl = '' } = (await deployed.queues()).urls;
  const sqs = clientOf(QueueUrl);
  await vi.waitFor(async () => {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' });
  }, patience);
  sqs.destroy();
}

export interface Receiver {
  /** The status_code of the next answers. */
  answers: () => Promise<number>;
  /** Makes it a peer: a CPO that takes Tokens. */
  join: (side: Side, id: string) => Promise<void>;
  stop: () => void;
}

/** A CPO of other people's. */
export async function startReceiver(): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    request.resume();
    const status_code = await receiver.answers();
    response.end(JSON.stringify({ status_code, timestamp: new Date().toISOString() }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoints = [{ identifier: 'tokens', role: 'RECEIVER' as const, url: `http://127.0.0.1:${port}/tokens` }];
  const receiver: Receiver = {
    answers: async () => 1000,
    async join({ instance: { runtime } }, id) {
      const peer = syncedPeer(id, { takes: true, settings: { timeoutMs: generous.timeoutMs } });
      const sealedToken = await runtime.vault.seal('secret', id);
      const connection = peer.connection && { ...peer.connection, endpoints, sealedToken };
      await runtime.backend.credentials.create(peerCreation({ ...peer, ...(connection && { connection }) }));
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return receiver;
}
