import type { PeerSettings } from './settings.ts';

/** Settings for partners whose habits are known. */
export const profiles = {
  /** Roaming hub, 2.1.1: routing headers as an extension, no PUT of credentials, slow at times. */
  gireve: { authorizationEncoding: 'raw', timeoutMs: 10_000 },
  /** Pushes its Tokens and lets nobody pull them. */
  plugsurfing: { requiresTokensModule: false },
  /**
   * Servers built on py_ocpi and its descendants. With pydantic 2 they refuse credentials without the keys of the decoration. They
   * read the token as each version says, raw in 2.1.1 and Base64 later, so no encoding is forced on them.
   */
  py_ocpi: { sendsRoutingHeaders: false, sendsNullDecoration: true },
  /** Demands routing headers on every request of a functional module. */
  citrineos: { authorizationEncoding: 'base64', sendsRoutingHeaders: true },
} as const satisfies Record<string, PeerSettings>;
