/** How a handshake that an operator began ends without success. */

/** What went wrong, for an operator: what happened, what it means for the connection, and what to do. */
export class HandshakeError extends Error {
  /** Whether it is certain that the partner has not taken us on, so that nothing need be kept of the attempt. */
  readonly isOver: boolean;

  constructor(message: string, { isOver = false, ...options }: ErrorOptions & { isOver?: boolean } = {}) {
    super(message, options);
    this.name = 'HandshakeError';
    this.isOver = isOver;
  }
}
