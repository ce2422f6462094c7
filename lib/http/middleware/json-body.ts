/** Text to JSON. The Content-Type is not looked at: it says nothing that the text does not (TRN-20, TRN-21). */
import { notJson } from '../../errors.ts';
import type { Middleware } from '../chain.ts';
import type { Event, WithBody } from '../request.ts';

/** Skips a byte order mark, which Windows software sends, and takes no byte that is not UTF-8. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

const byteOrderMark = '\ufeff';
const replacementCharacter = '\ufffd';

/** @throws TypeError for what was not UTF-8: decoded leniently it would be stored as damaged names */
export function textBody({ body = '', isBase64Encoded }: Event): string {
  if (isBase64Encoded) return utf8.decode(Buffer.from(body, 'base64'));
  // The gateway has decoded this already and left a mark where it could not. Who means that very character can escape it.
  if (body.includes(replacementCharacter)) throw new TypeError('The body is not UTF-8');
  return body.startsWith(byteOrderMark) ? body.slice(1) : body;
}

function parse(event: Event, isOptional: boolean): unknown {
  try {
    const text = textBody(event);
    return isOptional && text.trim() === '' ? undefined : JSON.parse(text);
  } catch (error) {
    throw notJson(error);
  }
}

/** @throws 400 for anything that is not JSON in UTF-8, so for an empty body too (TRN-40) */
export const jsonBody: Middleware<object, WithBody> = {
  before: (_known, event) => ({ body: parse(event, false) }),
};

/** The same, but that a body of nothing or of `null`, which clients send that have nothing to send, is none (TRN-24). */
export const optionalJsonBody: Middleware<object, WithBody> = {
  before: (_known, event) => ({ body: parse(event, true) ?? undefined }),
};
