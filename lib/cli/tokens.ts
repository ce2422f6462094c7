/** `tokens …`: our own Tokens and what we keep beside them. */
import { type Command, Option } from 'commander';
import type { AuthorizationSettings, OwnToken } from '../authorization.ts';
import type { Page, TokensCall } from '../crud/crud.ts';
import type { Operator } from '../crud/dynamodb/operator.ts';
import { type Token, tokenEntries } from '../ocpi/token.ts';
import type { PartyId } from '../ocpi/versions.ts';
import { Failure } from './failure.ts';
import {
  type AllowedLocation,
  allowedLocation,
  examples,
  instant,
  instantOrNever,
  parseParty,
  wholeNumber,
} from './options.ts';
import { inSession, type Session } from './session.ts';
import { listing, type Terminal, table } from './terminal.ts';
import { addTokensImport } from './tokens-import.ts';

/** Adds the group to the program. */
export function addTokens(program: Command, terminal: Terminal): void {
  const tokens = program.command('tokens').description('our own Tokens, and what decides on their authorization');
  addTokensImport(tokens, program, terminal);
  addGet(tokens, program, terminal);
  addList(tokens, program, terminal);
  addBlock(tokens, program, terminal);
  addSet(tokens, program, terminal);
}

const typeOption: [string, string] = ['--type <type>', 'its type (default: RFID, or the only one with that uid)'];

function addGet(tokens: Command, program: Command, terminal: Terminal): void {
  tokens
    .command('get')
    .argument('<uid>')
    .description('one Token, and the settings beside it')
    .option(...typeOption)
    .addHelpText('after', examples(program.name(), ['tokens get DEMO0001', 'tokens get 0123 --type APP_USER --json']))
    .action(inSession(terminal, getToken));
}

function addList(tokens: Command, program: Command, terminal: Terminal): void {
  tokens
    .command('list')
    .description('our Tokens in order of creation, as partners get them')
    .option('--offset <number>', 'how many to skip', wholeNumber(0), 0)
    .option('--limit <number>', 'how many to show', wholeNumber(1), 100)
    .option('--date-from <datetime>', 'only with last_updated at or after this', instant)
    .option('--date-to <datetime>', 'only with last_updated before this', instant)
    .option('--party <words...>', 'only of this party of ours, such as NL LMS')
    .addHelpText(
      'after',
      examples(program.name(), [
        'tokens list --limit 20',
        'tokens list --date-from 2026-01-01T00:00:00Z --json',
        'tokens list --party NL LMS --offset 1000',
      ]),
    )
    .action(inSession(terminal, listTokens));
}

function addBlock(tokens: Command, program: Command, terminal: Terminal): void {
  tokens
    .command('block')
    .argument('<uid>')
    .description('stop a Token: real-time authorization says BLOCKED, and partners that keep copies get valid = false')
    .option(...typeOption)
    .addHelpText('after', examples(program.name(), ['tokens block DEMO0001']))
    .action(inSession(terminal, blockToken));

  tokens
    .command('unblock')
    .argument('<uid>')
    .description('undo `tokens block`: the Token is valid again')
    .option(...typeOption)
    .addHelpText('after', examples(program.name(), ['tokens unblock DEMO0001']))
    .action(inSession(terminal, unblockToken));
}

function addSet(tokens: Command, program: Command, terminal: Terminal): void {
  tokens
    .command('set')
    .argument('<uid>')
    .description('change what decides on real-time authorization beside the Token itself; what is not named stays')
    .option(...typeOption)
    .option('--expires-at <datetime>', 'when it expires, or never', instantOrNever)
    .addOption(new Option('--credit <answer>', 'whether its account has credit').choices(['yes', 'no']))
    .addOption(new Option('--needs-location <answer>', 'decide only where we know the location').choices(['yes', 'no']))
    .addOption(
      new Option('--allow-location <location>', 'charge only at these: LOC or LOC:EVSE,EVSE; may be repeated')
        .argParser(allowedLocation)
        .conflicts('allowAllLocations'),
    )
    .option('--allow-all-locations', 'charge everywhere')
    .addHelpText(
      'after',
      examples(program.name(), [
        'tokens set DEMO0001 --expires-at 2027-01-01T00:00:00Z --credit yes',
        'tokens set DEMO0001 --allow-location LOC1 --allow-location LOC2:EVSE1,EVSE2',
        'tokens set DEMO0001 --expires-at never --allow-all-locations',
      ]),
    )
    .action(inSession(terminal, setToken));
}

/** The calls come from us, not from a partner's request, so there is no token to carry. */
const call: TokensCall & { role: 'EMSP' } = { module_id: 'tokens', role: 'EMSP', version: '2.3.0', auth_token: '' };

interface TypeOptions {
  type?: string;
}

const unknownToken = (uid: string, type: string | undefined): Failure =>
  new Failure(
    'data',
    type ? `There is no Token ${uid} of type ${type}` : `There is no Token ${uid}; perhaps with --type?`,
  );

/** @throws Failure if there is no such Token */
async function find(session: Session, uid: string, { type }: TypeOptions): Promise<[string, string]> {
  const { backend } = await session.database();
  const found = await backend.tokens.get({ ...call, id: uid, ...(type !== undefined && { token_type: type }) });
  if (!found) throw unknownToken(uid, type);
  return [found.data.uid, found.data.type];
}

async function getToken(session: Session, uid: string, options: TypeOptions): Promise<void> {
  const address = await find(session, uid, options);
  const { operator } = await session.database();
  answerToken(session, await operator.getToken(...address), uid);
}

function answerToken(session: Session, own: OwnToken | undefined, uid: string): void {
  if (!own) throw unknownToken(uid, undefined);
  const settings = Object.keys(own.settings).length > 0 ? `\n\nBeside it:\n${listing({ ...own.settings })}` : '';
  const token = inOrder(own.token);
  session.answer({ token, settings: own.settings }, `${listing(token)}${settings}`);
}

/** A database returns members in any order; the specification has one. */
const inOrder = (token: Token): Record<string, unknown> =>
  Object.fromEntries(
    Object.keys(tokenEntries).flatMap((name) => (name in token ? [[name, token[name as keyof Token]]] : [])),
  );

async function change(
  session: Session,
  uid: string,
  options: TypeOptions,
  edit: Parameters<Operator['changeToken']>[2],
): Promise<void> {
  const address = await find(session, uid, options);
  const { operator } = await session.database();
  answerToken(session, await operator.changeToken(...address, edit), uid);
}

/** valid goes with it, so that partners stop the Token too that decide by their copy of it. */
const blockToken = (session: Session, uid: string, options: TypeOptions): Promise<void> =>
  change(session, uid, options, ({ token, settings }) => ({
    token: { ...token, valid: false },
    settings: { ...settings, blocked: true },
  }));

const unblockToken = (session: Session, uid: string, options: TypeOptions): Promise<void> =>
  change(session, uid, options, ({ token, settings: { blocked, ...settings } }) => ({
    token: { ...token, valid: true },
    settings,
  }));

interface SetOptions extends TypeOptions {
  /** A canonical DateTime, or never. */
  expiresAt?: string;
  credit?: 'yes' | 'no';
  needsLocation?: 'yes' | 'no';
  allowLocation?: AllowedLocation[];
  allowAllLocations?: true;
}

async function setToken(session: Session, uid: string, { type, ...options }: SetOptions): Promise<void> {
  if (Object.keys(options).length === 0) throw new Failure('usage', 'Nothing to set; see --help');
  await change(session, uid, type === undefined ? {} : { type }, ({ token, settings }) => ({
    token,
    settings: changedSettings(settings, options),
  }));
}

/** Settings that restrict nothing are absent. */
function changedSettings(settings: AuthorizationSettings, options: Omit<SetOptions, 'type'>): AuthorizationSettings {
  const changed: Record<string, unknown> = { ...settings };
  if (options.expiresAt) changed.expiresAt = options.expiresAt === 'never' ? undefined : options.expiresAt;
  if (options.credit) changed.hasNoCredit = options.credit === 'no' || undefined;
  if (options.needsLocation) changed.needsLocation = options.needsLocation === 'yes' || undefined;
  if (options.allowLocation) changed.allowedLocations = options.allowLocation;
  if (options.allowAllLocations) changed.allowedLocations = undefined;
  return Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
}

interface ListOptions {
  offset: number;
  limit: number;
  dateFrom?: string;
  dateTo?: string;
  party?: string[];
}

async function listTokens(session: Session, { offset, limit, dateFrom, dateTo, party }: ListOptions): Promise<void> {
  const owner = party && parseParty(party);
  const { backend, emspParties } = await session.database();
  emspParties();
  const dates = { ...(dateFrom && { date_from: dateFrom }), ...(dateTo && { date_to: dateTo }) };
  const { items, total } = await collect(offset, limit, (from, count) =>
    backend.tokens.list({ ...call, ...owner, filters: { ...dates, offset: from, limit: count } }),
  );
  session.answer({ tokens: items.map(inOrder), total, offset, limit }, tableOf(items, total, offset));
}

const pageSize = 1_000;

/** Pages may be shorter than asked for. */
async function collect(
  offset: number,
  limit: number,
  read: (from: number, count: number) => Promise<Page<Token>>,
): Promise<Pick<Page<Token>, 'items' | 'total'>> {
  const items: Token[] = [];
  for (;;) {
    const page = await read(offset + items.length, Math.min(limit - items.length, pageSize));
    items.push(...page.items);
    if (page.isLast || items.length >= limit) return { items, total: page.total };
  }
}

function tableOf(tokens: Token[], total: number, offset: number): string {
  if (tokens.length === 0) return total === 0 ? 'No Tokens.' : `No Tokens from ${offset} on; there are ${total}.`;
  const ownerOf = ({ country_code, party_id }: PartyId) => `${country_code} ${party_id}`;
  const rows = tokens.map((token) => [
    token.uid,
    token.type,
    token.contract_id,
    ownerOf(token),
    String(token.valid),
    token.whitelist,
    token.last_updated,
  ]);
  const heading = ['UID', 'TYPE', 'CONTRACT', 'PARTY', 'VALID', 'WHITELIST', 'LAST UPDATED'];
  return `${table([heading, ...rows])}\n\n${offset + 1} to ${offset + tokens.length} of ${total}`;
}
