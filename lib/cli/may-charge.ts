/** `may-charge`: what a charger would be told of a card. */
import { mayCharge } from '../operator/api/may-charge.ts';
import type { InputOf, OutputOf } from '../operator/api/operation.ts';
import { Failure } from './failure.ts';
import { parseParty } from './options.ts';
import type { Session } from './session.ts';
import { listing, table } from './terminal.ts';

interface Options {
  type?: string;
  location?: string;
  evse?: string[];
  connector?: string[];
  party?: string[];
  patience?: number;
}

type Answer = OutputOf<typeof mayCharge>;

function inputOf(uid: string, options: Options): InputOf<typeof mayCharge> {
  const { type, location, evse, connector, party, patience } = options;
  if (location === undefined && (evse ?? connector))
    throw new Failure('usage', '--location is missing: where is that?');
  const place = { ...(evse && { evse_uids: evse }), ...(connector && { connector_ids: connector }) };
  return {
    uid,
    ...(type !== undefined && { type }),
    ...(location !== undefined && { location: { location_id: location, ...place } }),
    ...(party && { party: parseParty(party) }),
    ...(patience !== undefined && { patienceMs: patience }),
  };
}

/** @throws Failure `data` if the card may not charge */
export async function askMayCharge(session: Session, uid: string, options: Options): Promise<void> {
  const answer = await session.call(mayCharge, inputOf(uid, options));
  session.answer(answer, describe(answer));
  if (!answer.allowed) throw new Failure('data', `${uid} may not charge`);
}

function describe({ allowed, reason, source, peer, authorization_reference, info, location, token, asked }: Answer) {
  const owner = token && `${token.country_code} ${token.party_id}`;
  const members = { source, owner, peer, authorization_reference, info: info?.text, location };
  const rows = asked.map(({ peer: id, said, ms, why = '', remembered }) => [
    id,
    said,
    remembered ? 'before' : `${ms} ms`,
    why,
  ]);
  const others = rows.length > 0 ? `\n\n${table([['ASKED', 'SAID', 'IN', ''], ...rows])}` : '';
  return `${allowed ? 'It may charge' : 'It may not charge'}. ${reason}.\n\n${listing(members)}${others}`;
}
