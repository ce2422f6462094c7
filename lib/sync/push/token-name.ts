/** The name of a Token where a state remembers it: short, and nobody's uid. */
import { createHash } from 'node:crypto';
import { fold } from '../../ocpi/values.ts';

/** 72 bits: two Tokens with one name would be one Token that is not sent. */
const length = 12;

export const tokenName = ({ uid, type }: { uid: string; type: string }): string =>
  createHash('sha256')
    .update(`${type}#${fold(uid)}`)
    .digest('base64url')
    .slice(0, length);
