/** Real-time authorization on a storage: reads the Token, and lets the company's decision decide. */
import type { TokenActions, TokensStorage } from '../crud/crud.ts';
import type { AuthorizationInfo } from '../ocpi/token.ts';
import type { Decide, Question } from './decide.ts';
import { asSeenAt } from './own/publish.ts';

/** A driver waits, and so does the peer that asks for him: most give up after three seconds or so (AUTH-16). */
const patienceMs = 2_000;

interface Ambient {
  now: () => Date;
  newId: () => string;
}

/**
 * @param decide what decides; if it has not done so within two seconds the answer is NOT_ALLOWED
 * @returns the action AuthorizeToken of a storage that has none of its own
 */
export const authorizeBy =
  ({ get }: Pick<TokensStorage, 'get'>, decide: Decide, { now, newId }: Ambient): TokenActions['AuthorizeToken'] =>
  async ({ action: _, data: { token_uid: id, token_type, location_reference: location }, ...call }) => {
    const stored = await get({ ...call, id, ...(token_type !== undefined && { token_type }) });
    if (!stored) return undefined;
    const instant = now().toISOString();
    const token = asSeenAt(stored.data, instant);
    const { settings = {} } = stored;
    return decideInTime(decide, { token, settings, location, now: instant, newReference: newId });
  };

/** Not offline but refused: a decision that cannot be had must not let a card through that it would have stopped. */
async function decideInTime(decide: Decide, question: Question): Promise<AuthorizationInfo | undefined> {
  const answer = decide(question);
  if (!(answer instanceof Promise)) return answer;
  // Should it lose the race, nobody is left to tell of its failure.
  answer.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<AuthorizationInfo>((resolve) => {
    timer = setTimeout(() => resolve({ allowed: 'NOT_ALLOWED', token: question.token }), patienceMs);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
