/** Works off what has expired: each Token that is still valid to peers is published as invalid. May be repeated, and run twice at once. */
import type { Backend } from '../../crud/crud.ts';
import { dayOf, expiriesOf, expiryDays, expiryIn } from './note-expiry.ts';
import { createWriteOwn, type Intent, type OwnTokensRuntime } from './write.ts';

const pageSize = 99;

/**
 * @param mayGoOn asked after each page, because there may be more than the time allows
 * @returns how many Tokens were published
 */
export async function publishExpired(runtime: OwnTokensRuntime, mayGoOn: () => boolean = () => true): Promise<number> {
  const { records } = runtime.backend;
  const write = createWriteOwn(runtime);
  const now = runtime.now().toISOString();
  let published = 0;
  for (const day of await dueDays(records, dayOf(now))) {
    for (;;) {
      const { items } = await records.list({ collection: expiriesOf(day), limit: pageSize });
      const due = items.filter(({ id }) => expiryIn(id) <= now);
      const written = await write(due.map(({ data }) => expire(data as { uid: string; type: string })));
      published += written.filter(({ after }) => after).length;
      for (const { id } of due) await records.delete({ collection: expiriesOf(day), id });
      if (!mayGoOn()) return published;
      if (due.length < pageSize) break;
    }
    // Nothing is noted any more for a day that is over.
    if (day < dayOf(now)) await records.delete({ collection: expiryDays, id: day });
  }
  return published;
}

async function dueDays(records: Backend['records'], today: string): Promise<string[]> {
  const { items } = await records.list({ collection: expiryDays, limit: pageSize });
  return items.map(({ id }) => id).filter((day) => day <= today);
}

const expire = ({ uid, type }: { uid: string; type: string }): Intent => ({
  uid,
  type,
  mayCreate: false,
  plan(stored, now) {
    const { expiresAt } = stored?.settings ?? {};
    const isDue = stored?.data.valid && expiresAt !== undefined && expiresAt <= now.toISOString();
    return isDue
      ? { data: { ...stored.data, valid: false }, settings: stored.settings ?? {}, isDated: true }
      : undefined;
  },
});
