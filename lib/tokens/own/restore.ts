/** Tokens of ours come back from a backup, as they were: into a storage that has lost them, and never over one that is there. */
import { isDeepStrictEqual } from 'node:util';
import type { OwnToken, StoredToken } from '../../crud/crud.ts';
import type { TokenSettings } from '../settings.ts';
import { isValid } from './publish.ts';
import type { Intent, Plan, Written } from './write.ts';

/** `differs`: it is there and is another by now. */
export type RestoreOutcome = 'created' | 'unchanged' | 'differs';

export interface RestoreIntent extends Intent {
  outcomeOf(written: Written): RestoreOutcome;
}

/**
 * The intent to store a Token with all that was kept beside it and the date that partners know, if there is none of its name. What
 * has expired since is dated now, because nobody has been told.
 */
export function asItWas(kept: OwnToken): RestoreIntent {
  const { uid, type } = kept.data;
  let isSame = false;
  return {
    uid,
    type,
    mayCreate: true,
    plan(stored, now) {
      const plan = planFor(kept, now);
      if (!stored) return plan;
      isSame = isSameAs(plan, stored);
      return undefined;
    },
    outcomeOf({ before }) {
      if (!before) return 'created';
      return isSame ? 'unchanged' : 'differs';
    },
  };
}

function isSameAs({ data, settings, isDated }: Plan, stored: StoredToken): boolean {
  const { last_updated } = isDated ? stored.data : data;
  return (
    isDeepStrictEqual({ ...data, last_updated }, stored.data) && isDeepStrictEqual(settings, stored.settings ?? {})
  );
}

function planFor({ data, settings }: OwnToken, now: Date): Plan {
  const restored = withoutErasing(settings);
  const isStillValid = isValid(data.valid, restored, now);
  return { data: { ...data, valid: isStillValid }, settings: restored, isDated: isStillValid !== data.valid };
}

/** The record that stood for the erasure is gone, so it has to be asked for again; until then the Token stays invalid. */
function withoutErasing({ erasing, ...settings }: TokenSettings): TokenSettings {
  const { source } = settings;
  return erasing === undefined || !source ? settings : { ...settings, source: { ...source, valid: false } };
}
