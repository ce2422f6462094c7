/** Why a card may charge or not, in words for who looks into it. */
import type { Token } from '../../ocpi/token.ts';
import type { Verdict } from '../../tokens/received/may-charge.ts';
import type { Told } from './inquiry.ts';

interface Grounds {
  copy?: Token | undefined;
  peer?: string | undefined;
  told?: Told | undefined;
}

const spellCopy = ({ whitelist, valid }: Token): string =>
  `our copy says ${valid ? 'that it is valid' : 'that it is not valid'} (whitelist ${whitelist})`;

/** To be read after the name of the peer, or of whoever that would be. */
function spellTold({ said, answer, why }: Told): string {
  const more = why ? `: ${why}` : '';
  if (said === 'unknown') return 'does not know it';
  if (said === 'needs-location') return `decides only with a location${more}`;
  if (said === 'refuses') return `refuses the question${more}`;
  if (said === 'silent') return `cannot be asked${more}`;
  return `says ${answer?.allowed ?? 'nothing'}${more}`;
}

/** @returns a sentence without a uid */
export function reasonOf({ source }: Verdict, { copy, peer = 'its eMSP', told }: Grounds): string {
  if (copy && source === 'copy') return `It is ours to decide, and ${spellCopy(copy)}`;
  if (copy && told) {
    const said = `${peer} ${spellTold(told)}`;
    if (source === 'offline') return `${said}; ${spellCopy(copy)}`;
    return source === 'asked' ? said : `It is for its eMSP to decide, and ${said}`;
  }
  if (source === 'asked' && told) return `Nobody has told us of it; ${peer} ${spellTold(told)}`;
  if (source === 'asked') return 'Nobody has told us of it, and none of those that were asked knows it';
  return told
    ? `Nobody has told us of it, and none of those that were asked can say; ${peer} ${spellTold(told)}`
    : 'Nobody has told us of it, and no peer is set to be asked about such cards';
}
