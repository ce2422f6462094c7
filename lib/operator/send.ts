/** How requests get to the owner's API and answers back: in bounded time and memory, and with proof of who asks. */
import { startWith } from '../commands.ts';

export interface ApiRequest {
  method: 'GET' | 'POST';
  /** Without a query. */
  url: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body?: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** @throws NoAnswer */
export type Send = (request: ApiRequest) => Promise<Answer>;

/** Whatever answers there, if anything does, is not the owner's API, or cannot be heard. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';

  /** @param reason for people: what is wrong, and what to do */
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`Cannot use the API at ${url}: ${reason}`, options);
  }
}

/** @returns the headers to send, with those that prove who asks */
export type Authorize = (request: ApiRequest) => Promise<Record<string, string>>;

/** For the local server: the key that only its user can read. */
export const withKey =
  (key: string): Authorize =>
  async ({ headers }) => ({ ...headers, Authorization: `Bearer ${key}` });

/** More than the API itself takes (docs/architecture.md, The owner's side). */
const patienceMs = 30_000;
/** A page is 4 MB at most. */
const longestAnswer = 16_000_000;

const reasons: Record<string, string> = {
  ECONNREFUSED: `nothing answers there. A local one is started by ${startWith()}`,
  ECONNRESET: 'the connection broke off. What was done stays; try again',
  ENOTFOUND: 'there is no such host',
  UND_ERR_CONNECT_TIMEOUT: 'no connection could be made',
};

export const createSend =
  (authorize: Authorize): Send =>
  async (request) => {
    const { method, url, query, body } = request;
    const { origin } = new URL(url);
    const headers = await authorize(request);
    try {
      const response = await fetch(`${url}${spellQuery(query)}`, {
        method,
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(patienceMs),
        ...(body !== undefined && { body }),
      });
      return { status: response.status, headers: response.headers, text: await textOf(response, origin) };
    } catch (error) {
      throw error instanceof NoAnswer ? error : new NoAnswer(origin, reasonOf(error as Error), { cause: error });
    }
  };

/** As a signature takes it, which knows no plus for a blank. */
function spellQuery(query: Record<string, string>): string {
  const spell = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const pairs = Object.entries(query).map(([name, value]) => `${spell(name)}=${spell(value)}`);
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

async function textOf(response: Response, origin: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > longestAnswer) throw new NoAnswer(origin, `it answers with more than ${longestAnswer} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function reasonOf({ name, message, cause }: Error): string {
  if (name === 'TimeoutError') return `no answer within ${patienceMs / 1000} seconds. What was done stays; try again`;
  const { code, message: inner } = (cause ?? {}) as NodeJS.ErrnoException;
  return reasons[code ?? ''] ?? ([code, inner].filter(Boolean).join(': ') || message);
}
