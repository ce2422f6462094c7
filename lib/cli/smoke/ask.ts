/** Requests just as they are written, as a partner's software may write them, and what should come back. */
import { isObject } from '../../ocpi/values.ts';
import { Wrong } from './checks.ts';

export interface Reply {
  /** What was asked, for people. */
  asked: string;
  status: number;
  headers: Headers;
  /** Undefined if it is not JSON. */
  json: unknown;
}

export interface AskOptions {
  headers?: Record<string, string>;
  /** Bytes go without a Content-Type. */
  body?: string | Uint8Array<ArrayBuffer>;
}

/** @throws Wrong if nothing answers */
export type Ask = (method: string, url: string, options?: AskOptions) => Promise<Reply>;

/** More than the gateway takes. */
const patienceMs = 35_000;

/** @param interrupted ends what is under way */
export const createAsk =
  (interrupted: AbortSignal): Ask =>
  async (method, url, { headers = {}, body } = {}) => {
    const asked = `${method} ${url}`;
    const signal = AbortSignal.any([interrupted, AbortSignal.timeout(patienceMs)]);
    try {
      const response = await fetch(url, { method, headers, redirect: 'manual', signal, ...(body && { body }) });
      return { asked, status: response.status, headers: response.headers, json: jsonOf(await response.text()) };
    } catch (error) {
      const { message, cause } = error as Error;
      throw new Wrong(`${asked} has no answer: ${(cause as Error | undefined)?.message || message}`, isItThere);
    }
  };

const isItThere = 'Is the address right, does its name lead there, and is the certificate one for it?';

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What to do when a request arrives changed, or not at all. */
const between =
  'Something between here and the functions (a proxy, a CDN, the gateway) does not hand on what it is given';

/** @returns `data` of OCPI's envelope. @throws Wrong for another answer */
export function expectOcpi(reply: Reply, http: number, statusCode: number): unknown {
  const envelope = isObject(reply.json) ? reply.json : {};
  if (reply.status === http && envelope.status_code === statusCode) return envelope.data;
  const target = reply.headers.get('location');
  const said = envelope.status_message ?? envelope.message;
  const got = [
    `HTTP ${reply.status}`,
    ...(target === null ? [] : [`which leads to ${target}`]),
    ...('status_code' in envelope ? [String(envelope.status_code)] : ['without OCPI’s envelope']),
    ...(typeof said === 'string' ? [`"${said}"`] : []),
  ];
  throw new Wrong(`${reply.asked}: ${got.join(', ')}; it should be HTTP ${http}, ${statusCode}`, between);
}
