/** Valid objects and calls with overrides, and fast-check arbitraries over all that a canonical Token may be. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { PeerAnswer } from '../../lib/client/ask-peer.ts';
import type { CredentialsCall, TokenAddress, TokensCall } from '../../lib/crud/crud.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import type { PartyId } from '../../lib/ocpi/versions.ts';
import { accessOf } from '../../lib/peers/access.ts';
import type { AccessToken, Peer } from '../../lib/peers/peer.ts';
import type { TokenSettings } from '../../lib/tokens/settings.ts';

/** An eMSP of somebody else's, whose Tokens we receive. */
export const foreignParty: PartyId = { country_code: 'DE', party_id: 'DMS' };

/** Parties of our own that play the role EMSP. */
export const ownParties: readonly [PartyId, PartyId, PartyId] = [
  { country_code: 'NL', party_id: 'LMS' },
  { country_code: 'BE', party_id: 'LMS' },
  { country_code: 'NL', party_id: 'LMA' },
];

/** How a peer answers what it takes, with nothing to say to it. */
export const taken: PeerAnswer = {
  http: 200,
  headers: {},
  status_code: 1000,
  data: undefined,
  status_message: undefined,
  timestamp: undefined,
};

/** A canonical Token of another party with no optional field. */
export const token = (overrides: Partial<Token> = {}): Token => ({
  ...foreignParty,
  uid: '0A1B2C3D4E5F60',
  type: 'RFID',
  contract_id: 'DE-DMS-C00000001-1',
  issuer: 'Demo Mobility',
  valid: true,
  whitelist: 'ALLOWED',
  last_updated: '2026-01-31T12:00:00.000Z',
  ...overrides,
});

/** Every optional field that a canonical Token has. */
export const optionalFields = {
  visual_number: 'DF000-2001-8999-1',
  group_id: 'DF000-2001-8999',
  language: 'it',
  default_profile_type: 'GREEN',
  energy_contract: { supplier_name: 'Windkraft Nord', contract_id: '0123456789' },
} as const satisfies Partial<Token>;

/** A canonical Token of another party with every optional field. */
export const fullToken = (overrides: Partial<Token> = {}): Token =>
  token({ ...structuredClone(optionalFields), ...overrides });

/** A canonical Token of one of our own EMSP parties. */
export const ownToken = (party: PartyId, overrides: Partial<Token> = {}): Token => token({ ...party, ...overrides });

/** How `tokensWeGave` and `authenticate` name a credentials token. */
export const sha256 = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export const accessToken = (secret: string): AccessToken => ({ sha256: sha256(secret) });

/** A connected eMSP that authenticates with the token `<id>-token`. */
export const peer = (overrides: Partial<Peer> = {}): Peer => {
  const id = overrides.id ?? 'demo-emsp';
  return {
    id,
    roles: [{ ...foreignParty, role: 'EMSP' }],
    version: '2.2.1',
    tokensWeGave: [accessToken(`${id}-token`)],
    ...overrides,
  };
};

const calledWith = { version: '2.3.0', auth_token: 'a-credentials-token' } as const;

/** A call of the Tokens module on Tokens that we receive. */
export const cpoCall = <Rest extends object>(rest: Rest): TokensCall & { role: 'CPO' } & Rest => ({
  ...calledWith,
  module_id: 'tokens',
  role: 'CPO',
  ...rest,
});

/** A call of the Tokens module on our own Tokens. */
export const emspCall = <Rest extends object>(rest: Rest): TokensCall & { role: 'EMSP' } & Rest => ({
  ...calledWith,
  module_id: 'tokens',
  role: 'EMSP',
  ...rest,
});

/** A call of the credentials module. */
export const credentialsCall = <Rest extends object>(rest: Rest): CredentialsCall & Rest => ({
  ...calledWith,
  module_id: 'credentials',
  ...rest,
});

/** The keys that name exactly this Token. */
export const addressOf = ({ country_code, party_id, uid, type }: Token): Required<TokenAddress> => ({
  country_code,
  party_id,
  id: uid,
  token_type: type,
});

/** What a write wants to know of a Token, besides what every call carries. */
const writeOf = ({ country_code, party_id, type, ...rest }: Token) => ({
  country_code,
  party_id,
  token_type: type,
  data: { country_code, party_id, type, ...rest },
});

/** When a received Token came in, unless a test says otherwise. */
export const arrival = '2026-01-31T12:00:05.000Z';

/** The calls that write a Token of ours, and one that we have received. */
export const ownCreation = (data: Token, settings: TokenSettings = {}) => emspCall({ ...writeOf(data), settings });

export const ownUpdate = (data: Token, revision: string, settings: TokenSettings = {}) =>
  emspCall({ ...writeOf(data), id: data.uid, revision, settings });

export const receivedCreation = (data: Token, arrived_at = arrival) => cpoCall({ ...writeOf(data), arrived_at });

export const receivedUpdate = (data: Token, revision: string, arrived_at = arrival) =>
  cpoCall({ ...writeOf(data), id: data.uid, revision, arrived_at });

/** The calls that write a peer. */
export const peerCreation = (data: Peer, claims: readonly string[] = []) =>
  credentialsCall({ data, access: accessOf(data), claims });

export const peerUpdate = (data: Peer, revision: string, claims: readonly string[] = []) =>
  credentialsCall({ data, access: accessOf(data), claims, id: data.id, revision });

/** The other spelling of every letter. */
export const swapCase = (text: string): string =>
  text.replace(/[a-z]/gi, (letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase()));

const asciiCharacter = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
const troublesome = fc.constantFrom('#', '/', '%', ' ', '?', '&', '\\', '"', ':', '|', '.', '+', '~', '0', 'a', 'A');

/** Any CiString(max): printable ASCII, with the characters that URLs and composite keys stumble over well in sight. */
export const ciStringArbitrary = (max: number): fc.Arbitrary<string> => {
  const unit = fc.oneof(asciiCharacter, troublesome);
  return fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit, minLength: 1, maxLength: max }) },
    { weight: 1, arbitrary: fc.string({ unit, minLength: max, maxLength: max }) },
  );
};

const unicodeCharacter = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 1 })
  .filter((character) => !/\p{Cc}/u.test(character));
const wideCharacter = fc.constantFrom(
  'é',
  'ß',
  'Ł',
  '日',
  '한',
  '😀',
  '🔌',
  '\u0301',
  '\ufdfa',
  '\u200d',
  '\uffff',
  "'",
  '"',
);

/** Any string(max): every character but control characters, counted in code points. */
export const stringArbitrary = (max: number): fc.Arbitrary<string> => {
  const unit = fc.oneof(asciiCharacter, unicodeCharacter, wideCharacter);
  return fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit, maxLength: max }) },
    { weight: 1, arbitrary: fc.string({ unit, minLength: max, maxLength: max }) },
    { weight: 1, arbitrary: fc.string({ unit: wideCharacter, minLength: max, maxLength: max }) },
  );
};

/** A canonical DateTime; half of them within one day, so that they meet. */
export const dateTimeArbitrary: fc.Arbitrary<string> = fc
  .oneof(
    fc.date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
    fc.date({ min: new Date('2026-01-31T00:00:00Z'), max: new Date('2026-01-31T23:59:59.999Z'), noInvalidDate: true }),
  )
  .map((date) => date.toISOString());

/** The types of all versions, and some that only an open enum takes. */
export const tokenTypeArbitrary: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('AD_HOC_USER', 'APP_USER', 'EMAID', 'OTHER', 'RFID'),
  fc.constantFrom('rfid', 'Rfid', 'PLATE#1', 'toString'),
  ciStringArbitrary(36),
);

export const languageArbitrary: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'.split('')),
  minLength: 2,
  maxLength: 2,
});

/** Any canonical Token, of any owner. */
export const tokenArbitrary: fc.Arbitrary<Token> = fc.record(
  {
    country_code: ciStringArbitrary(2),
    party_id: ciStringArbitrary(3),
    uid: ciStringArbitrary(36),
    type: tokenTypeArbitrary,
    contract_id: ciStringArbitrary(36),
    visual_number: stringArbitrary(64),
    issuer: stringArbitrary(64),
    group_id: ciStringArbitrary(36),
    valid: fc.boolean(),
    whitelist: fc.constantFrom('ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE', 'NEVER'),
    language: languageArbitrary,
    default_profile_type: fc.constantFrom('CHEAP', 'FAST', 'GREEN', 'REGULAR'),
    energy_contract: fc.record(
      { supplier_name: stringArbitrary(64), contract_id: stringArbitrary(64) },
      { requiredKeys: ['supplier_name'], noNullPrototype: true },
    ),
    last_updated: dateTimeArbitrary,
  },
  {
    requiredKeys: [
      'country_code',
      'party_id',
      'uid',
      'type',
      'contract_id',
      'issuer',
      'valid',
      'whitelist',
      'last_updated',
    ],
    noNullPrototype: true,
  },
);
