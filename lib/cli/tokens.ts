/** `tokens …`: our own Tokens and what we keep beside them. */
import type { Token } from '../ocpi/token.ts';
import type { PartyId } from '../ocpi/versions.ts';
import type { OutputOf } from '../operator/api/operation.ts';
import { showTold } from '../operator/api/sync.ts';
import * as api from '../operator/api/tokens.ts';
import { Failure } from './failure.ts';
import { type AllowedLocation, type DisplayText, parseParty } from './options.ts';
import type { Session } from './session.ts';
import { listing, table } from './terminal.ts';

interface TypeOptions {
  type?: string;
}

export async function getToken(session: Session, uid: string, { type }: TypeOptions): Promise<void> {
  const own = await session.call(api.getOwnToken, addressOf(uid, type));
  const told = await readTold(session, own.token);
  const { token, settings } = own;
  const partners = told.length > 0 ? `\n\nWhat partners have been told:\n${describeTold(told)}` : '';
  session.answer({ token, settings, told }, `${describe(own)}${partners}`);
}

type Told = OutputOf<typeof showTold>['peers'];

async function readTold(session: Session, { uid, type }: Token): Promise<Told> {
  const told: Told = [];
  let after: string | undefined;
  do {
    const page = await session.call(showTold, { uid, type, ...(after !== undefined && { after }) });
    told.push(...page.peers);
    after = page.next;
  } while (after !== undefined);
  return told;
}

const describeTold = (told: Told): string =>
  table(
    told.map(({ peer, told: word, refused, pausedSince, failing }) => [
      peer,
      word,
      [
        refused && `${refused.why}, ${refused.at}`,
        pausedSince && `paused since ${pausedSince}`,
        failing && `failing since ${failing.since}: ${failing.why}`,
      ]
        .filter(Boolean)
        .join('; '),
    ]),
  );

const addressOf = (uid: string, type: string | undefined) => ({ uid, ...(type !== undefined && { type }) });

type OwnToken = OutputOf<typeof api.getOwnToken>;

const answerToken = (session: Session, { token, settings }: OwnToken): void =>
  session.answer({ token, settings }, describe({ token, settings }));

function describe({ token, settings }: Pick<OwnToken, 'token' | 'settings'>): string {
  const beside = Object.keys(settings).length > 0 ? `\n\nBeside it:\n${listing({ ...settings })}` : '';
  return `${listing(token)}${beside}`;
}

interface BlockOptions extends TypeOptions {
  why?: string;
  info?: DisplayText[];
}

export async function blockToken(session: Session, uid: string, { type, ...reason }: BlockOptions): Promise<void> {
  answerToken(session, await session.call(api.blockOwnToken, { ...addressOf(uid, type), ...reason }));
}

export async function unblockToken(session: Session, uid: string, { type }: TypeOptions): Promise<void> {
  answerToken(session, await session.call(api.unblockOwnToken, addressOf(uid, type)));
}

interface SetOptions extends TypeOptions {
  /** A canonical DateTime, or never. */
  expiresAt?: string;
  credit?: 'yes' | 'no';
  needsLocation?: 'yes' | 'no';
  allowLocation?: AllowedLocation[];
  allowAllLocations?: true;
}

export async function setToken(session: Session, uid: string, { type, ...options }: SetOptions): Promise<void> {
  if (Object.keys(options).length === 0) throw new Failure('usage', 'Nothing to set; see --help');
  const { expiresAt, credit, needsLocation, allowLocation, allowAllLocations } = options;
  const settings = {
    ...(expiresAt && { expiresAt: expiresAt === 'never' ? null : expiresAt }),
    ...(credit && { hasNoCredit: credit === 'no' || null }),
    ...(needsLocation && { needsLocation: needsLocation === 'yes' || null }),
    ...(allowLocation && { allowedLocations: allowLocation }),
    ...(allowAllLocations && { allowedLocations: null }),
  };
  answerToken(session, await session.call(api.patchOwnToken, { ...addressOf(uid, type), settings }));
}

export async function eraseToken(session: Session, uid: string, { type }: TypeOptions): Promise<void> {
  const erased = await session.call(api.eraseToken, addressOf(uid, type));
  const { own, received, waiting, until } = erased;
  const what = own + received > 0 ? `Erased ${own} of ours and ${received} received` : 'There was nothing to erase';
  const rest = `Nothing of ${uid} is kept${type ? ` as ${type}` : ''}.`;
  const later = `${waiting} of ours ${waiting === 1 ? 'is' : 'are'} invalid now, and gone when all partners know that, by ${until} at the latest.`;
  session.answer(erased, waiting === 0 ? `${what}. ${rest}` : `${own + received > 0 ? `${what}. ` : ''}${later}`);
}

interface ListOptions {
  offset: number;
  limit: number;
  dateFrom?: string;
  dateTo?: string;
  party?: string[];
}

type List = OutputOf<typeof api.listOwnTokens>;

export async function listTokens(session: Session, options: ListOptions): Promise<void> {
  const { offset, limit, dateFrom, dateTo, party } = options;
  const filters = {
    ...(party && { party: spellParty(parseParty(party), '-') }),
    ...(dateFrom && { date_from: dateFrom }),
    ...(dateTo && { date_to: dateTo }),
  };
  const tokens: Token[] = [];
  let total = 0;
  for await (const page of pagesOf(session, { ...filters, offset: String(offset) }, limit)) {
    tokens.push(...page.tokens);
    total = page.total;
  }
  session.answer({ tokens, total, offset, limit }, tableOf(tokens, total, offset));
}

const pageSize = 1_000;

/** @param limit how many Tokens in all; pages may be shorter than asked for */
async function* pagesOf(session: Session, filters: object, limit: number): AsyncGenerator<List, void> {
  let left = limit;
  let after: string | undefined;
  do {
    const place = { limit: String(Math.min(left, pageSize)), ...(after !== undefined && { after }) };
    const page: List = await session.call(api.listOwnTokens, { ...filters, ...place });
    yield page;
    left -= page.tokens.length;
    after = page.next;
  } while (after !== undefined && left > 0);
}

export async function exportTokens(session: Session, { backup }: { backup?: true }): Promise<void> {
  let exported = 0;
  const filters = backup ? { backup: 'true' } : {};
  for await (const { tokens, beside } of pagesOf(session, filters, Number.POSITIVE_INFINITY)) {
    await session.lines(beside ? tokens.map((token, i) => ({ ...token, settings: beside[i] })) : tokens);
    exported += tokens.length;
  }
  session.answer({ exported }, `${exported} Tokens.`);
}

export const spellParty = ({ country_code, party_id }: PartyId, between = ' '): string =>
  `${country_code}${between}${party_id}`;

/** @param rows each a Token, and what stands in the last column */
export function tableOfTokens(rows: [Token, string][], lastColumn: string): string {
  const heading = ['UID', 'TYPE', 'CONTRACT', 'PARTY', 'VALID', 'WHITELIST', lastColumn];
  const cells = rows.map(([token, last]) => {
    const { uid, type, contract_id, valid, whitelist } = token;
    return [uid, type, contract_id, spellParty(token), String(valid), whitelist, last];
  });
  return table([heading, ...cells]);
}

function tableOf(tokens: Token[], total: number, offset: number): string {
  if (tokens.length === 0) return total === 0 ? 'No Tokens.' : `No Tokens from ${offset} on; there are ${total}.`;
  const rows = tokens.map((token): [Token, string] => [token, token.last_updated]);
  return `${tableOfTokens(rows, 'LAST UPDATED')}\n\n${offset + 1} to ${offset + tokens.length} of ${total}`;
}
