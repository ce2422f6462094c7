/** What the owner decides of a Token of ours, apart from what its source says: block and unblock, and what restricts it. */
import type { StoredToken } from '../../crud/crud.ts';
import type { Block, TokenSettings } from '../settings.ts';
import { isValid } from './publish.ts';
import { changed, RevisionMismatch, type SourceRecord } from './source.ts';
import type { Intent, Plan } from './write.ts';

export type Edit = (settings: TokenSettings) => TokenSettings;

/** Stops the Token: peers see it as invalid, and real-time authorization says BLOCKED. */
export const block =
  (reason: Block): Edit =>
  ({ block: _, ...settings }) => ({
    ...settings,
    blocked: true,
    ...(Object.keys(reason).length > 0 && { block: reason }),
  });

/** The Token is again what its source says. */
export const unblock: Edit = ({ blocked: _, block: __, ...settings }) => settings;

export const restrict =
  (changes: NonNullable<SourceRecord['settings']>): Edit =>
  (settings) =>
    changed(settings, changes);

interface Address {
  uid: string;
  type: string;
}

/** The intent to change the settings of a Token that is there. A change that peers cannot see keeps the Token's date. */
export const changeSettings = ({ uid, type }: Address, edit: Edit, ifRevision?: string): Intent => ({
  uid,
  type,
  mayCreate: false,
  plan(stored, now) {
    if (!stored) return undefined;
    if (ifRevision !== undefined && ifRevision !== stored.revision) throw new RevisionMismatch();
    return planFor(stored, edit, now);
  },
});

function planFor({ data, settings: before = {} }: StoredToken, edit: Edit, now: Date): Plan | undefined {
  const settings = edit(before);
  const valid = isValid(sourceSaysValid(data.valid, before), settings, now);
  if (JSON.stringify(settings) === JSON.stringify(before) && valid === data.valid) return undefined;
  return { data: { ...data, valid }, settings, isDated: valid !== data.valid };
}

/** A Token whose source has never spoken here, as one that was stored by hand, is what it is unless it is blocked. */
const sourceSaysValid = (isValidNow: boolean, { source, blocked }: TokenSettings): boolean =>
  source?.valid ?? (isValidNow || blocked === true);
