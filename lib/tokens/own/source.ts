/** What the source of our Tokens, which is the owner's own system, says of one: it is new, changed, the same, or older than what we have. */
import { isDeepStrictEqual } from 'node:util';
import type { OwnToken, StoredToken } from '../../crud/crud.ts';
import type { Token } from '../../ocpi/token.ts';
import { sameParty } from '../../ocpi/values.ts';
import type { OwnerSettings, TokenSettings } from '../settings.ts';
import { isValid } from './publish.ts';
import type { Intent, Plan, Written } from './write.ts';

/**
 * `older`: what we have from this source is newer, and stays. `taken`: another party of ours has that uid and type, which must be
 * unique over all of them (TOK-OBJ-02). `erasing`: it is being erased, which the source cannot undo.
 */
export type SourceOutcome = 'created' | 'updated' | 'unchanged' | Refusal;
type Refusal = 'older' | 'taken' | 'erasing';

export interface SourceRecord {
  /** `valid` is the source's word, and so is `last_updated`: it only says whether the record is older than another of its own. */
  token: Omit<Token, 'last_updated'> & { last_updated?: string };
  /** Only what is there changes; null takes a setting away. */
  settings?: { [Name in keyof OwnerSettings]?: OwnerSettings[Name] | null };
}

interface Options {
  /** The Token moved here from elsewhere, where peers have been told this date: a new one keeps it. */
  isPublished?: boolean;
  /** Replaces only this revision. */
  ifRevision?: string | undefined;
}

/** The Token is not as the owner believed. */
export class RevisionMismatch extends Error {
  override name = 'RevisionMismatch';
}

export interface SourceIntent extends Intent {
  outcomeOf(written: Written): SourceOutcome;
}

/** The intent to bring a record in. */
export function fromSource({ token, settings = {} }: SourceRecord, options: Options = {}): SourceIntent {
  let refusal: Refusal | undefined;
  return {
    uid: token.uid,
    type: token.type,
    mayCreate: options.ifRevision === undefined,
    plan(stored, now) {
      if (options.ifRevision !== undefined && options.ifRevision !== stored?.revision) throw new RevisionMismatch();
      refusal = stored && refusalOf(stored, token);
      return refusal ? undefined : planFor(token, settings, stored, now, options.isPublished ?? false);
    },
    outcomeOf({ before, after }) {
      if (refusal) return refusal;
      if (!before) return 'created';
      return after && isSeenToChange(before, after) ? 'updated' : 'unchanged';
    },
  };
}

function refusalOf({ data, settings }: StoredToken, token: SourceRecord['token']): Refusal | undefined {
  if (settings?.erasing !== undefined) return 'erasing';
  if (!sameParty(data, token)) return 'taken';
  const last = settings?.source?.last_updated;
  return last !== undefined && token.last_updated !== undefined && token.last_updated < last ? 'older' : undefined;
}

function planFor(
  token: SourceRecord['token'],
  changes: NonNullable<SourceRecord['settings']>,
  stored: StoredToken | undefined,
  now: Date,
  isPublished: boolean,
): Plan | undefined {
  const settings = changed(stored?.settings ?? {}, changes);
  const source = { valid: token.valid, last_updated: token.last_updated ?? now.toISOString() };
  const wanted: OwnToken = {
    data: { ...token, valid: isValid(token.valid, settings, now), last_updated: source.last_updated },
    settings: { ...settings, source },
  };
  if (!stored) return { ...wanted, isDated: !isPublished };
  // The spelling that peers know stays.
  const { country_code, party_id, uid, type } = stored.data;
  const after = { ...wanted, data: { ...wanted.data, country_code, party_id, uid, type } };
  if (isSeenToChange(stored, after)) return { ...after, isDated: true };
  const isNews =
    !isDeepStrictEqual(settings, stored.settings ?? {}) ||
    (token.last_updated !== undefined && !isDeepStrictEqual(source, stored.settings?.source));
  return isNews ? { data: stored.data, settings: after.settings, isDated: false } : undefined;
}

/** Settings that restrict nothing are absent. */
export function changed(settings: TokenSettings, changes: NonNullable<SourceRecord['settings']>): TokenSettings {
  const merged = Object.entries({ ...settings, ...changes });
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined && value !== null && value !== false));
}

/** Whether peers see a difference. */
function isSeenToChange({ data: before }: Pick<StoredToken, 'data'>, { data: after }: OwnToken): boolean {
  return !isDeepStrictEqual({ ...before, last_updated: '' }, { ...after, last_updated: '' });
}
