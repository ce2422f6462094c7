/** OCPI's response envelope as a client reads it: strict on what decides, lenient on what does not. */
import { isObject, parseDateTime } from '../ocpi/values.ts';

export interface Envelope {
  /** As it came; undefined and null where the peer had nothing to say (ENV-03, ENV-06). */
  data: unknown;
  status_code: number;
  status_message: string | undefined;
  /** The peer's clock, `2026-01-31T23:59:59.000Z`; undefined if it is missing or no DateTime, because nothing hangs on it. */
  timestamp: string | undefined;
}

/** @returns what the body says, or what is wrong with it, to be read after "with a body that" */
export type EnvelopeReading = { envelope: Envelope } | { problem: string };

/** The statuses of ENV-01 have four digits; some peers send them as strings. */
function statusCode(value: unknown): number | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return /^[1-9]\d{3}$/.test(text) ? Number(text) : undefined;
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // The error is dropped because it quotes the text, which may hold a credentials token.
    return undefined;
  }
}

/** @param body the content type is not asked, because it says nothing that the body does not */
export function readEnvelope(body: Buffer): EnvelopeReading {
  const text = new TextDecoder().decode(body);
  if (text.trim() === '') return { problem: 'is empty' };
  const json = parseJson(text);
  if (!json) return { problem: 'is not JSON' };
  if (!isObject(json.value)) return { problem: 'is not an OCPI envelope' };

  const { data, status_message, timestamp, ...rest } = json.value;
  const status_code = statusCode(rest.status_code);
  if (status_code === undefined) return { problem: 'has no OCPI status_code' };
  return {
    envelope: {
      data,
      status_code,
      status_message: typeof status_message === 'string' ? status_message : undefined,
      timestamp: typeof timestamp === 'string' ? parseDateTime(timestamp) : undefined,
    },
  };
}
