/** `received …`: the Tokens that partners have pushed to us. */
import type { Token } from '../ocpi/token.ts';
import { exportReceivedTokens, findReceivedTokens } from '../operator/api/received.ts';
import { Failure } from './failure.ts';
import { parseParty } from './options.ts';
import type { Session } from './session.ts';
import { listing } from './terminal.ts';
import { spellParty, tableOfTokens } from './tokens.ts';

export async function getReceived(session: Session, uid: string): Promise<void> {
  const { tokens } = await session.call(findReceivedTokens, { uid });
  if (tokens.length === 0) throw new Failure('data', `Nobody has pushed a Token ${uid} to us`);
  const blocks = tokens.map(({ token, arrived_at }) => listing({ ...token, 'came in': arrived_at }));
  session.answer({ tokens }, blocks.join('\n\n'));
}

interface PartyOption {
  party?: string[];
}

const filterOf = ({ party }: PartyOption) => (party ? { party: spellParty(parseParty(party), '-') } : {});

export async function listReceived(session: Session, options: PartyOption & { limit: number }): Promise<void> {
  const { limit } = options;
  const filter = { ...filterOf(options), limit: String(limit) };
  const tokens: { token: Token; arrived_at: string }[] = [];
  let hasMore = false;
  // Pages may be shorter than asked for.
  for await (const { lines } of (await session.api()).pages(exportReceivedTokens, filter)) {
    hasMore = tokens.length + lines.length > limit;
    tokens.push(...lines.slice(0, limit - tokens.length));
    if (hasMore) break;
  }
  const rows = tokens.map(({ token, arrived_at }): [Token, string] => [token, arrived_at]);
  const text = rows.length > 0 ? tableOfTokens(rows, 'CAME IN') : 'No Tokens.';
  session.answer({ tokens, hasMore }, hasMore ? `${text}\n\nThere are more: received export` : text);
}

export async function exportReceived(session: Session, options: PartyOption & { since?: string }): Promise<void> {
  const { since } = options;
  const filter = { ...filterOf(options), ...(since !== undefined && { since }) };
  let exported = 0;
  let nextSince: string | undefined;
  for await (const page of (await session.api()).pages(exportReceivedTokens, filter)) {
    await session.lines(page.lines);
    exported += page.lines.length;
    // That of the first page: what comes in while the others are read is in the next export.
    nextSince ??= page.nextSince;
  }
  session.answer({ exported, nextSince }, `${exported} Tokens. The next time: --since ${nextSince}`);
}
