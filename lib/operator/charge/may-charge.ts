/** May this card charge here? The candidates, the table, and whoever has to be asked. */
import type { StoredToken } from '../../crud/crud.ts';
import type { AuthorizationAnswer, Token } from '../../ocpi/token.ts';
import { sameParty } from '../../ocpi/values.ts';
import { type PartyId, partiesOf } from '../../ocpi/versions.ts';
import type { Peer } from '../../peers/peer.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';
import { cardAnswered } from '../../telemetry/events.ts';
import { type Candidate, candidatesOf } from '../../tokens/received/candidates.ts';
import { findReceived, isSameCard } from '../../tokens/received/find-received.ts';
import { judge, type Verdict } from '../../tokens/received/may-charge.ts';
import type { mayCharge } from '../api/may-charge.ts';
import type { OutputOf, ParsedInputOf } from '../api/operation.ts';
import { ProblemError } from '../problem.ts';
import type { Asked, Run } from '../run.ts';
import { createDirectory, type Directory } from './directory.ts';
import { createInquiry, type Inquiry, type Target, type Told } from './inquiry.ts';
import { createPlaces } from './places.ts';
import { reasonOf } from './reason.ts';

/** What eMSPs and chargers are used to wait. */
const usualPatienceMs = 3_000;
/** Left for the answer. */
const spareMs = 1_000;

type Input = ParsedInputOf<typeof mayCharge>;
type Output = OutputOf<typeof mayCharge>;
type Answered = Omit<Output, 'asked'>;

/** @throws ProblemError invalid if that is no CPO of ours */
function ourParty({ config }: Pick<PeerRuntime, 'config'>, named: PartyId | undefined): PartyId {
  const all = partiesOf(config, 'CPO');
  const party = named ? all.find((own) => sameParty(own, named)) : all[0];
  if (party) return { country_code: party.country_code, party_id: party.party_id };
  if (!named) throw new ProblemError('invalid', 'We have no CPO party, so nobody charges with us');
  const value = `${named.country_code} ${named.party_id}`;
  throw new ProblemError('invalid', `${value} is no CPO party of ours`, [
    { field: 'party', expected: 'a CPO party of ours', value },
  ]);
}

/** A Token that may be meant, with whoever speaks for its owner where the table depends on that. */
interface Case {
  copy: Candidate;
  peer?: Peer | undefined;
}

/** Who owns a Token of whitelist ALWAYS is asked nothing and has set nothing, so that it takes one read in all. */
const needsPeer = ({ data, differsInZeros }: Candidate): boolean => differsInZeros || data.whitelist !== 'ALWAYS';

async function casesOf({ backend }: PeerRuntime, directory: Directory, { uid, type }: Input): Promise<Case[]> {
  const found = await findReceived(backend, uid, { countZeros: false });
  const cases: Case[] = [];
  for (const copy of candidatesOf(found, uid, type)) {
    const peer = needsPeer(copy) ? await directory.speakerFor(copy.data) : undefined;
    if (!copy.differsInZeros || peer?.settings?.ignoresLeadingZeros) cases.push({ copy, peer });
  }
  return cases;
}

const decidesAllowed = ({ peer }: Case) => peer?.settings?.decidesAllowed ?? 'copy';

const judged = (each: Case, said?: Told['said']) => judge(each.copy.data, decidesAllowed(each), said);

function answerOf(
  verdict: Verdict,
  { copy, peer, told, token = copy?.data }: { copy?: StoredToken; peer?: Peer | undefined; told?: Told; token?: Token },
): Answered {
  const { authorization_reference, info, location }: Partial<AuthorizationAnswer> = told?.answer ?? {};
  return {
    allowed: verdict.isAllowed,
    source: verdict.source,
    reason: reasonOf(verdict, { copy: copy?.data, peer: peer?.id, told }),
    ...(token && { token }),
    ...(peer && { peer: peer.id }),
    ...(authorization_reference !== undefined && { authorization_reference }),
    ...(info && { info }),
    ...(location && { location }),
  };
}

/** The first that our copy allows, else the first that its eMSP allows; else what was said of the first. */
async function decideKnown(cases: readonly Case[], inquiry: Inquiry): Promise<Answered> {
  const answers: Answered[] = [];
  const open: Case[] = [];
  for (const each of cases) {
    const verdict = judged(each);
    if (verdict === 'ask') open.push(each);
    else answers.push(answerOf(verdict, each));
  }
  const byCopy = answers.find(({ allowed }) => allowed);
  if (byCopy) return byCopy;
  for (const [i, each] of open.entries()) {
    const answer = await askOwner(each, inquiry, open.length - i);
    if (answer.allowed) return answer;
    answers.push(answer);
  }
  const [first] = answers.toSorted((a, b) => Number(a.source === 'none') - Number(b.source === 'none'));
  return first as Answered;
}

async function askOwner(each: Case, inquiry: Inquiry, stillToAsk: number): Promise<Answered> {
  const { copy, peer } = each;
  const told: Told = peer
    ? await inquiry.ask({ peer, uid: copy.data.uid, type: copy.data.type, copy }, inquiry.share(stillToAsk))
    : { said: 'silent', why: 'no peer speaks for its owner' };
  const verdict = judged(each, told.said);
  const token = told.refreshed ?? copy.data;
  // With an answer there is always a verdict.
  return answerOf(verdict as Verdict, { copy, peer, told, token });
}

/** Nobody has told us: who may be asked is, in the order of the settings, until one knows the card. */
async function decideUnknown({ uid, type }: Input, directory: Directory, inquiry: Inquiry): Promise<Answered> {
  const groups = await directory.askedAboutUnknown();
  const unsure: { peer: Peer; told: Told }[] = [];
  for (const [i, group] of groups.entries()) {
    const targets = group.map((peer): Target => ({ peer, uid, type }));
    const told = await inquiry.askTogether(targets, inquiry.share(groups.length - i));
    const knows = told.find((each) => each.told.said === 'allows') ?? told.find((each) => each.told.said === 'denies');
    if (knows) {
      const verdict = judge(undefined, 'copy', knows.told.said) as Verdict;
      const { token } = knows.told.answer ?? {};
      // Of another card it would name an owner that is none of this one.
      return answerOf(verdict, { ...knows, ...(token && isSameCard(token.uid, uid) && { token }) });
    }
    unsure.push(...told);
  }
  const [first] = unsure.filter(({ told }) => told.said !== 'unknown');
  const verdict = judge(undefined, 'copy', first?.told.said ?? (unsure.length > 0 ? 'unknown' : 'silent')) as Verdict;
  return answerOf(verdict, { ...first });
}

/** What is made once for a process: who our peers are, for a while, and how many questions wait for each of them. */
export function createMayCharge(runtime: PeerRuntime): Run<typeof mayCharge, PeerRuntime> {
  const directory = createDirectory(runtime);
  const places = createPlaces();
  return async (input, _runtime, { correlationId, audit, deadline }: Asked) => {
    const { uid, type, location, party, patienceMs = usualPatienceMs } = input;
    const inquiry = createInquiry(runtime, places, {
      from: ourParty(runtime, party),
      location,
      correlationId,
      audit,
      endsAt: Math.min(runtime.now().getTime() + patienceMs, deadline - spareMs),
    });
    const cases = await casesOf(runtime, directory, { uid, ...(type !== undefined && { type }) });
    const answered =
      cases.length > 0 ? await decideKnown(cases, inquiry) : await decideUnknown(input, directory, inquiry);
    cardAnswered(runtime.log, answered.source);
    return { ...answered, asked: inquiry.asked };
  };
}
