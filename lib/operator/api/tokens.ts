/** The operations on our own Tokens. */
import * as v from 'valibot';
import { token, tokenEntries, tokenType, tokenUid } from '../../ocpi/token.ts';
import { boolean, dateTime, entriesOf, object, oneOf, optional } from '../../ocpi/values.ts';
import { block, ownerSettings, ownerSettingsEntries } from '../../tokens/settings.ts';
import { operation } from './operation.ts';
import { changes, countText, cursor, flagText, partyText } from './values.ts';

const address = { uid: tokenUid, type: optional(tokenType) };

/** The owner need not say which party it is if there is one only, and a record without a date is never older than another. */
const { country_code, party_id, last_updated, ...ofEachToken } = tokenEntries;
const sourceToken = object({
  ...ofEachToken,
  country_code: optional(country_code),
  party_id: optional(party_id),
  last_updated: optional(last_updated),
});

/** null takes a setting away; what is not named stays. */
const settingChanges = changes({
  expiresAt: optional(v.nullable(dateTime)),
  hasNoCredit: optional(v.nullable(boolean)),
  needsLocation: optional(v.nullable(boolean)),
  allowedLocations: optional(v.nullable(ownerSettingsEntries.allowedLocations.wrapped)),
});

/** A line of an import: a Token, and the settings beside it if they are to change. */
export const importLine = object({ ...entriesOf(sourceToken), settings: optional(settingChanges) });

const erasureEntries = {
  /** It is being erased, and gone by then at the latest. */
  erasing: optional(dateTime),
  /** It is what is left of an erased Token in its place of the list. */
  erased: optional(boolean),
};

const shownSettings = object({
  ...entriesOf(ownerSettings),
  blocked: optional(boolean),
  block: optional(block),
  ...erasureEntries,
});

/** What is kept of one of our Tokens. */
export const ownTokenView = object({ token, settings: shownSettings, revision: v.string() });

/** All that is kept beside one of our Tokens, for a backup of it. */
const keptSettings = object({
  ...entriesOf(shownSettings),
  /** What its source last said. */
  source: optional(object({ valid: boolean, last_updated: dateTime })),
});

/** A line of a backup. */
export const backupLine = object({ ...tokenEntries, settings: optional(keptSettings) });

const importOutcomes = ['created', 'updated', 'unchanged', 'older', 'taken', 'invalid', 'not-reached'] as const;

export const putOwnToken = operation({
  name: 'tokens/put',
  method: 'POST',
  summary: 'Creates one of our Tokens, or replaces it; an equal one changes nothing.',
  input: object({ token: sourceToken, settings: optional(settingChanges) }),
  output: object({ ...entriesOf(ownTokenView), outcome: oneOf(['created', 'updated', 'unchanged']) }),
  takesRevision: true,
  problems: ['older', 'taken', 'conflict', 'revision-mismatch'],
});

export const getOwnToken = operation({
  name: 'tokens/get',
  method: 'GET',
  summary: 'One of our Tokens, with the settings beside it.',
  input: object(address),
  output: ownTokenView,
  problems: ['not-found'],
});

export const patchOwnToken = operation({
  name: 'tokens/patch',
  method: 'POST',
  summary: 'Changes the named members of one of our Tokens (null takes an optional one away), and the named settings.',
  input: object({
    ...address,
    token: optional(
      v.custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null, 'an object'),
    ),
    settings: optional(settingChanges),
  }),
  output: ownTokenView,
  takesRevision: true,
  problems: ['not-found', 'older', 'conflict', 'revision-mismatch'],
});

export const listOwnTokens = operation({
  name: 'tokens/list',
  method: 'GET',
  summary: 'Our Tokens in order of creation, in pages.',
  input: object({
    party: optional(partyText),
    date_from: optional(dateTime),
    date_to: optional(dateTime),
    offset: optional(countText(0)),
    limit: optional(countText(1, 1000)),
    after: optional(cursor),
    /** As they are stored, with all that is kept beside them: for an import with `restore`. */
    backup: optional(flagText),
  }),
  output: object({
    tokens: v.array(token),
    /** With `backup`: what is kept beside each, in the same order. */
    beside: optional(v.array(keptSettings)),
    total: v.number(),
    /** Absent on the last page. */
    next: optional(cursor),
  }),
});

export const importOwnTokens = operation({
  name: 'tokens/import',
  method: 'POST',
  summary: 'Creates or updates many: one JSON object a line, at most 2 000 lines or 1 MB; an outcome for each.',
  input: object({
    /** New Tokens keep their dates: peers have been told these already, by the system that they move here from. */
    published: optional(flagText),
    /** Says what would be refused, and writes nothing. */
    dry_run: optional(flagText),
    /** The lines are a backup: what is not there comes back as it was, and nothing is overwritten. */
    restore: optional(flagText),
  }),
  output: object({
    outcomes: v.array(object({ line: v.number(), outcome: oneOf(importOutcomes), problem: optional(v.string()) })),
  }),
  takesLines: true,
  line: importLine,
  problems: ['too-large'],
});

export const blockOwnToken = operation({
  name: 'tokens/block',
  method: 'POST',
  summary: 'Stops one of our Tokens: peers see valid = false, and real-time authorization says BLOCKED.',
  input: object({ ...address, ...entriesOf(block) }),
  output: ownTokenView,
  problems: ['not-found'],
});

export const unblockOwnToken = operation({
  name: 'tokens/unblock',
  method: 'POST',
  summary: 'Undoes a block: the Token is again what its source says.',
  input: object(address),
  output: ownTokenView,
  problems: ['not-found'],
});

export const eraseToken = operation({
  name: 'tokens/erase',
  method: 'POST',
  summary:
    'Erases all that is kept of a uid, own and received, of one type or of all. An own one is invalid at once, and gone when partners know.',
  input: object(address),
  output: object({
    /** How many are gone. */
    own: v.number(),
    received: v.number(),
    /** How many are invalid, and go when every partner that may hold them has been told. */
    waiting: v.number(),
    /** When they go at the latest. */
    until: optional(dateTime),
  }),
});
