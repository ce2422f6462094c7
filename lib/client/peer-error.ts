/** The one error of the outgoing client: why a partner's answer is no success. */

/**
 * - `refused`: the peer answered and said no; `http` is there, and `status_code` if it said so in OCPI
 * - `unreachable`: no answer to be had now, so the peer is offline (WL-04)
 * - `broken`: the peer answered, but not in OCPI
 * - `forbidden-url`: we did not even ask, because we do not go where the URL leads (CRED-14)
 */
export type PeerErrorKind = 'refused' | 'unreachable' | 'broken' | 'forbidden-url';

interface PeerErrorDetails {
  http?: number | undefined;
  status_code?: number | undefined;
  /** @see PeerError.words */
  words?: string | undefined;
  /** @see PeerError.retryAfter */
  retryAfter?: string | undefined;
  /** Whether the message may quote the words. */
  quotes?: boolean;
  cause?: unknown;
}

export class PeerError extends Error {
  readonly kind: PeerErrorKind;
  /** HTTP status, as soon as the peer had sent one, whatever became of the rest. */
  readonly http: number | undefined;
  /** OCPI status (TRN-46). */
  readonly status_code: number | undefined;
  /**
   * What the peer said when it refused: its status_message, or else the first of its body. It may name a Token; secrets are taken
   * out of it.
   */
  readonly words: string | undefined;
  /** The header of that name: seconds, or a date of HTTP. */
  readonly retryAfter: string | undefined;
  /** The message without the words: all that anybody but the operator is told. */
  readonly summary: string;

  /** @param summary holds no secret and nothing that identifies a driver; the message, for an operator, quotes the words besides */
  constructor(
    kind: PeerErrorKind,
    summary: string,
    { http, status_code, words, retryAfter, quotes = false, cause }: PeerErrorDetails = {},
  ) {
    super(quotes && words ? `${summary}: "${words}"` : summary, cause === undefined ? undefined : { cause });
    this.name = 'PeerError';
    this.kind = kind;
    this.http = http;
    this.status_code = status_code;
    this.words = words;
    this.retryAfter = retryAfter;
    this.summary = summary;
  }
}
