/** The one error of the outgoing client: why a partner's answer is no success. */

/**
 * - `refused`: the peer answered and said no; `http` is there, and `status_code` if it said so in OCPI
 * - `unreachable`: no answer to be had now, so the peer is offline in the sense of requirements §2.9
 * - `broken`: the peer answered, but not in OCPI
 * - `forbidden-url`: we did not even ask, because we do not go where the URL leads (CRED-14)
 */
export type PeerErrorKind = 'refused' | 'unreachable' | 'broken' | 'forbidden-url';

interface PeerErrorDetails {
  http?: number | undefined;
  status_code?: number | undefined;
  status_message?: string | undefined;
  cause?: unknown;
}

export class PeerError extends Error {
  readonly kind: PeerErrorKind;
  /** HTTP status, as soon as the peer had sent one, whatever became of the rest. */
  readonly http: number | undefined;
  /** OCPI status (requirements §6). */
  readonly status_code: number | undefined;
  /** In the peer's words, so it may name a Token; our secrets are taken out of it. */
  readonly status_message: string | undefined;

  /** @param message for an operator; holds no secret and nothing that identifies a driver */
  constructor(
    kind: PeerErrorKind,
    message: string,
    { http, status_code, status_message, cause }: PeerErrorDetails = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PeerError';
    this.kind = kind;
    this.http = http;
    this.status_code = status_code;
    this.status_message = status_message;
  }
}
