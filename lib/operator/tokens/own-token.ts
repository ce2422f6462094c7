/** What the operations on our own Tokens share: finding one, and what is shown of it. */
import { ownTokensCall } from '../../crud/calls.ts';
import type { OwnToken, StoredToken } from '../../crud/crud.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import { type Platform, partiesOf } from '../../ocpi/versions.ts';
import { tokenName } from '../../sync/token-name.ts';
import { asSeenAt } from '../../tokens/own/publish.ts';
import { RevisionMismatch } from '../../tokens/own/source.ts';
import type { Written } from '../../tokens/own/write.ts';
import { findReceived } from '../../tokens/received/find-received.ts';
import type { OutputOf } from '../api/operation.ts';
import type { getOwnToken } from '../api/tokens.ts';
import { ProblemError } from '../problem.ts';
import type { Asked, TokensRuntime } from '../run.ts';

export interface Address {
  uid: string;
  type?: string;
}

/**
 * @param address without a type: of type RFID, else the only one of that uid
 * @throws ProblemError not-found, which says so if the uid is one that we received
 */
export async function findOwn({ backend }: Pick<TokensRuntime, 'backend'>, address: Address): Promise<StoredToken> {
  const { uid: id, type: token_type } = address;
  const stored = await backend.tokens.get({ ...ownTokensCall, id, ...(token_type !== undefined && { token_type }) });
  if (stored) return stored;
  const received = await findReceived(backend, id);
  const what = token_type ? `There is no Token ${id} of type ${token_type} of ours` : `There is no Token ${id} of ours`;
  const owners = received.map(({ data }) => `${data.country_code} ${data.party_id}`).join(', ');
  const hint = owners ? `; it is one that we received, from ${owners}` : token_type ? '' : '; perhaps with a type?';
  throw new ProblemError('not-found', `${what}${hint}`);
}

export const viewOf = (
  { data, settings = {}, revision }: (OwnToken & { revision: string }) | StoredToken,
  now: Date,
): OutputOf<typeof getOwnToken> => {
  const { source: _, ...visible } = settings;
  return { token: asSeenAt(data, now.toISOString()), settings: visible, revision };
};

/** @throws ProblemError if it has gone in the meantime */
export async function viewNow(
  runtime: Pick<TokensRuntime, 'backend' | 'now'>,
  { uid, type }: { uid: string; type: string },
): Promise<OutputOf<typeof getOwnToken>> {
  return viewOf(await findOwn(runtime, { uid, type }), runtime.now());
}

export const mismatch = () =>
  new ProblemError('revision-mismatch', 'Read the Token again, and decide on what it is now');

/** @throws ProblemError for a Token that is not what If-Match says */
export async function withRevision<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof RevisionMismatch ? mismatch() : error;
  }
}

/** What stands in the way of a record of the source. */
export const refusals = {
  older: 'last_updated is before that of the record which we have from this source',
  taken: 'another party of ours has a Token of this uid and type',
  erasing: 'it is being erased: what is to come after it has to wait until that is done',
} as const;

const problemOfRefusal = { older: 'older', taken: 'taken', erasing: 'conflict' } as const;

/** @throws ProblemError for a record that was refused */
export function assertTaken<Outcome extends string>(
  outcome: Outcome,
): asserts outcome is Exclude<Outcome, keyof typeof refusals> {
  if (!Object.hasOwn(refusals, outcome)) return;
  const refusal = outcome as unknown as keyof typeof refusals;
  throw new ProblemError(problemOfRefusal[refusal], refusals[refusal]);
}

/** @throws ProblemError if that is no EMSP party of ours, or if none is named and there are several */
export function ownerOf(platform: Platform, named: Partial<PartyId>): PartyId {
  const parties = partiesOf(platform, 'EMSP');
  const spelt = parties.map(({ country_code, party_id }) => `${country_code} ${party_id}`).join(', ');
  const only = parties.length === 1 ? parties[0] : undefined;
  const { country_code = only?.country_code, party_id = only?.party_id } = named;
  const isOurs = parties.some(
    (own) => own.country_code === country_code?.toUpperCase() && own.party_id === party_id?.toUpperCase(),
  );
  if (country_code !== undefined && party_id !== undefined && isOurs) return { country_code, party_id };
  const value = `${country_code ?? ''} ${party_id ?? ''}`.trim();
  throw new ProblemError('invalid', wrongOwner(value, spelt), [
    { field: 'token.party_id', expected: `one of ${spelt}`, value },
  ]);
}

function wrongOwner(value: string, ours: string): string {
  if (ours === '') return 'No party of ours is an EMSP, so we have no Tokens of our own';
  return value === '' ? `Its party should be named: one of ${ours}` : `${value} is not an EMSP party of ours (${ours})`;
}

/** What the audit says of a Token: enough to see what was decided, and nobody's uid, nor a reason in words, which may name him. */
function auditView({ data, settings = {} }: StoredToken | OwnToken): object {
  const { country_code, party_id, type, valid, whitelist } = data;
  const { source: _source, block: _block, ...own } = settings;
  return { party: `${country_code} ${party_id}`, type, valid, whitelist, ...own };
}

/** One line for a write, none where nothing was written. */
export function auditWritten(audit: Asked['audit'], written: Written | undefined): void {
  if (!written?.after) return;
  const { before, after } = written;
  const name = tokenName(after.data);
  audit({ what: 'own Token', tokenName: name, before: before && auditView(before), after: auditView(after) });
}
