/** A peer's own words where it refuses, fit for an operator, a terminal and a log: bounded, tidied and without secrets. */
import { isObject, tidy } from '../ocpi/values.ts';

const longestWords = 255;
/** Of a body that is neither JSON nor has a title: more is not looked at, because nobody would read it. */
const longestExcerpt = 4_000;

const toBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64').replace(/=+$/, '');

/** A secret as it is, as the header holds it, and as a JSON text holds it. */
const spellings = (secret: string): string[] => [secret, toBase64(secret), JSON.stringify(secret).slice(1, -1)];

/** @param secrets ours, which the peer might quote back at us */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  secrets
    .filter(Boolean)
    .flatMap(spellings)
    .reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);

/**
 * Somebody's token, with what stands before it: a scheme, or the name of a JSON member. With a digit or a sign within it, or of some
 * length, because "token expired" and "token authentication" are words.
 */
const lookalike =
  /\b(bearer|basic|token|secret|password|api[-_]?key)(["']?\s*[:=]?\s*["']?)(?:(?=[^\s"',;<>]*(?:\d|[+/=_~.-]\w))[^\s"',;<>]{6,}|[^\s"',;<>]{16,})/gi;

/** What FastAPI, Express, Spring and other frameworks say instead of an envelope, the best first. */
const tellingMembers = ['status_message', 'detail', 'message', 'error_description', 'error', 'title', 'errors', 'msg'];

/** Of a list of complaints those of the first few; of a complaint also where it is. Never what the complaint is about: that is our own body. */
function wordsOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value;
  if (depth > 3) return '';
  if (Array.isArray(value))
    return value
      .slice(0, 5)
      .map((each) => wordsOf(each, depth + 1))
      .filter(Boolean)
      .join('; ');
  if (!isObject(value)) return '';
  const [first = ''] = tellingMembers.map((name) => wordsOf(value[name], depth + 1)).filter(Boolean);
  const where = Array.isArray(value.loc) ? value.loc.filter((step) => typeof step !== 'object').join('.') : '';
  return where && first ? `${where}: ${first}` : first;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wordsInBody(text: string): string {
  const json = jsonIn(text);
  if (json !== undefined) return wordsOf(json);
  const [, title] = /<title[^>]*>([^<]*)/i.exec(text) ?? [];
  return title?.trim() || text.replace(/<(script|style)\b[\s\S]*?(<\/\1>|$)|<[^>]*>/gi, ' ');
}

/**
 * @param said a status_message, or a body that has none: of JSON its message, of HTML its title, and else its first words
 * @param secrets ours, which the peer might quote back at us
 * @returns undefined if it says nothing
 */
export function wordsIn(said: { status_message: string } | { body: Buffer }, secrets: readonly string[]) {
  const text = 'body' in said ? wordsInBody(new TextDecoder().decode(said.body)) : said.status_message;
  const clean = withoutSecrets(text, secrets).slice(0, longestExcerpt).replace(lookalike, '$1$2[redacted]');
  return tidy(clean, longestWords) || undefined;
}
