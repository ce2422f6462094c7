import { ownTokensCall } from '../../crud/calls.ts';
import { knownTokenTypes } from '../../ocpi/token.ts';
import { type Erased, type ErasuresRuntime, eraseToken } from '../../sync/erasures.ts';
import { eraseReceived } from '../../tokens/received/erase.ts';
import type { eraseToken as operation } from '../api/tokens.ts';
import { forget } from '../charge/remembered.ts';
import type { Run } from '../run.ts';

/** Erases all that is kept of a uid. May be sent again after any failure. */
export const erase: Run<typeof operation, ErasuresRuntime> = async ({ uid, type }, runtime, { audit }) => {
  const erased: Erased[] = [];
  for (const each of type === undefined ? knownTokenTypes : [type]) {
    erased.push(await eraseToken(runtime, { uid, type: each }));
  }
  // One of a type that no version names is the only one left of its uid.
  const last = type === undefined ? await runtime.backend.tokens.get({ ...ownTokensCall, id: uid }) : undefined;
  if (last && !(knownTokenTypes as readonly string[]).includes(last.data.type)) {
    erased.push(await eraseToken(runtime, last.data));
  }
  const received = await eraseReceived(runtime.backend, uid, type);
  await forget(runtime.backend, uid);
  const own = erased.filter(({ outcome }) => outcome === 'done').length;
  const waiting = erased.flatMap((each) => (each.outcome === 'waiting' ? [each.until] : []));
  const until = waiting.toSorted().at(-1);
  if (own + waiting.length > 0) audit({ what: 'own Tokens', before: { count: own + waiting.length } });
  if (received > 0) audit({ what: 'received Tokens', before: { count: received } });
  return { own, received, waiting: waiting.length, ...(until !== undefined && { until }) };
};
