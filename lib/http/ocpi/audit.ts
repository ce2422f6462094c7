/** What a peer changes by a handshake is audited like what the owner changes: one line, without a secret. */
import type { Backend } from '../../crud/crud.ts';
import { auditView } from '../../operator/peers/view.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { changed } from '../../telemetry/events.ts';
import type { ConfigurationRequest } from './endpoint.ts';

type Handshake = Pick<ConfigurationRequest, 'access' | 'ids' | 'credentialsCall'>;

/** Never rejects: what is done is done, whether or not it can be told whole. */
async function lookAt(credentials: Backend['credentials'], call: Parameters<typeof credentials.get>[0], now: Date) {
  const known = await credentials.get(call).catch(() => undefined);
  return known && auditView(known.data, now);
}

/**
 * @param operation such as `credentials/post`
 * @throws whatever the work throws; then nothing has changed, and nothing is said
 */
export async function audited<T>(
  { backend: { credentials }, log, now }: Runtime,
  { access: { id }, ids: { correlationId }, credentialsCall }: Handshake,
  operation: string,
  work: () => Promise<T>,
): Promise<T> {
  const call = { ...credentialsCall, id };
  const before = await lookAt(credentials, call, now());
  const result = await work();
  const after = await lookAt(credentials, call, now());
  changed(log, { operation, by: id, session: undefined, correlationId, what: 'peer', peer: id, before, after });
  return result;
}
