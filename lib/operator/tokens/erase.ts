import { ownTokensCall } from '../../crud/calls.ts';
import { knownTokenTypes } from '../../ocpi/token.ts';
import { eraseOwn } from '../../tokens/own/erase.ts';
import { eraseReceived } from '../../tokens/received/erase.ts';
import type { eraseToken } from '../api/tokens.ts';
import { forget } from '../charge/remembered.ts';
import type { Run, TokensRuntime } from '../run.ts';

/** Erases all that is kept of a uid. May be sent again after any failure. */
export const erase: Run<typeof eraseToken, TokensRuntime> = async ({ uid, type }, runtime, { audit }) => {
  let own = 0;
  for (const each of type === undefined ? knownTokenTypes : [type]) {
    if (await eraseOwn(runtime, { uid, type: each })) own += 1;
  }
  // One of a type that no version names is the only one left of its uid.
  const last = type === undefined ? await runtime.backend.tokens.get({ ...ownTokensCall, id: uid }) : undefined;
  if (last && (await eraseOwn(runtime, last.data))) own += 1;
  const received = await eraseReceived(runtime.backend, uid, type);
  await forget(runtime.backend, uid);
  if (own > 0) audit({ what: 'own Tokens', before: { count: own } });
  if (received > 0) audit({ what: 'received Tokens', before: { count: received } });
  return { own, received };
};
