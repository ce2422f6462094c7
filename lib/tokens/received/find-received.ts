/** All received Tokens of a uid, whoever owns them: a charger knows no more than the uid. */
import { receivedTokensCall } from '../../crud/calls.ts';
import type { Backend, StoredToken } from '../../crud/crud.ts';
import { sameCiString } from '../../ocpi/values.ts';

const pageSize = 100;
const withoutZeros = (uid: string): string => uid.replace(/^0+(?=.)/, '');

/** Leading zeros make no other card. */
export const isSameCard = (a: string, b: string): boolean => sameCiString(withoutZeros(a), withoutZeros(b));

/** @param countZeros whether leading zeros make another uid; some chargers leave them out */
export async function findReceived(
  { tokens }: Pick<Backend, 'tokens'>,
  uid: string,
  { countZeros = true }: { countZeros?: boolean } = {},
): Promise<StoredToken[]> {
  const found: StoredToken[] = [];
  let after: string | undefined;
  do {
    const filters = { date_from: undefined, date_to: undefined, offset: found.length, limit: pageSize };
    const page = await tokens.list({ ...receivedTokensCall, id: uid, filters, ...(after !== undefined && { after }) });
    found.push(...page.items);
    after = page.isLast ? undefined : page.next;
  } while (after !== undefined);
  const isSame = (other: string) => (countZeros ? sameCiString(other, uid) : isSameCard(other, uid));
  return found.filter(({ data }) => isSame(data.uid));
}
