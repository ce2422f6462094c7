import type { PeerSettings } from './settings.ts';

/** Settings for partners whose habits are known, from their own documents as of November 2026; what these do not say is left at its default. */
export const profiles = {
  /**
   * Roaming hub, in OCPI 2.1.1. It takes pushes, sends none, and lets its Tokens be pulled: changes once an hour, all once a month, 1000
   * to a page. A question has to name exactly one EVSE. Whose a Token is stands in its issuer, such as `FR*AAA`: `ownersByIssuer`
   * tells the parties (CNX-GIREVE/GIREVE_Tech_OCPI_V2.1.1: cpo_tokens, emsp_tokens, q&a).
   */
  gireve: { isHub: true, pullEveryMinutes: 60, pullAllEveryDays: 30, pullLimit: 1_000, demandsLocation: 'one-evse' },
  /**
   * The same in OCPI 2.2.1: routing headers and Base64 always, and no lists. A CPO does not download Tokens but asks for each, also for
   * one that it does not know (CNX-GIREVE/GIREVE_Tech_OCPI_V2.2.1: cpo_tokens, integration_guidelines, cpo_registration).
   */
  gireve_2_2_1: {
    isHub: true,
    authorizationEncoding: 'base64',
    sendsRoutingHeaders: true,
    pulls: false,
    demandsLocation: 'location',
    addressesHub: true,
    askUnknown: 1,
  },
  /**
   * Takes Tokens as a CPO by push alone, and of these types; Tokens of those behind it come under its own issuer
   * (developer.plugsurfing.com/docs/tokens-module).
   */
  plugsurfing: {
    tokenTypes: ['RFID', 'OTHER'],
    ownersByIssuer: [{ issuer: 'DE*8PS', country_code: 'DE', party_id: '8PS' }],
  },
  /**
   * Servers built on py_ocpi and its descendants. With pydantic 2 they refuse credentials without the keys of the decoration, and
   * Tokens without those of all members. They read the token as each version says, raw in 2.1.1 and Base64 later, so no encoding is
   * forced on them. They read the type of a Token from `token_type`, and without it they look for an RFID. Asked without `date_to`, older
   * copies of it list nothing that is newer than their own start, so what a full pull does not name should only be reported, as it is
   * by default.
   */
  py_ocpi: { sendsRoutingHeaders: false, sendsNullDecoration: true, sendsNullMembers: true, sendsTokenType: true },
  /** A CPO that demands routing headers on every request of a functional module, and pulls nothing (citrineos/citrineos-ocpi). */
  citrineos: { authorizationEncoding: 'base64', sendsRoutingHeaders: true, pulls: false },
} satisfies Record<string, PeerSettings>;
