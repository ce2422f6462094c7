/** The operations on peers: connect, look after, disconnect. Secrets are answered once and never again. */
import * as v from 'valibot';
import { credentialsToken, partyRole, versionEntry } from '../../ocpi/credentials.ts';
import { boolean, ciString, dateTime, entriesOf, object, oneOf, optional, string, url } from '../../ocpi/values.ts';
import { versionNumbers } from '../../ocpi/versions.ts';
import { profiles } from '../../peers/profiles.ts';
import { peerSettings } from '../../peers/settings.ts';
import { operation } from './operation.ts';
import { changes } from './values.ts';

const idMessage = '1 to 64 letters, digits, dots, dashes and underscores';
export const peerId = v.pipe(v.string(idMessage), v.regex(/^[A-Za-z0-9][\w.-]{0,63}$/, idMessage));

const version = oneOf(versionNumbers);
const ourRole = oneOf(['CPO', 'EMSP']);
const profileNames = Object.keys(profiles) as [keyof typeof profiles, ...(keyof typeof profiles)[]];
const party = object({ country_code: ciString(2), party_id: ciString(3) });
const partyWithRole = object({ role: partyRole, ...entriesOf(party) });

const namedParty = object({ ...entriesOf(partyWithRole), name: optional(string(100)) });

/** What is given with a connection when it is made. */
const expectations = {
  /** Ready-made settings for known peers; what `settings` names counts more. */
  profile: optional(oneOf(profileNames)),
  settings: optional(peerSettings),
};

/** All that may be shown of a peer: never a secret, nor a hash of one. */
export const peerView = object({
  id: peerId,
  state: oneOf(['registered', 'registering', 'invited', 'invitation expired', 'by hand', 'unregistered']),
  version: optional(version),
  ourRole: optional(ourRole),
  /** What it is here. */
  roles: v.array(namedParty),
  /** What it announces besides and was not agreed on: it counts for nothing. */
  ignoredRoles: optional(v.array(namedParty)),
  isHub: boolean,
  /** How many parties a hub has listed. */
  listedParties: optional(v.number()),
  hub_party_id: optional(ciString(5)),
  versionsUrl: optional(url),
  endpoints: optional(v.array(object({ identifier: string(255), role: optional(string(16)), url }))),
  authorizationEncoding: optional(oneOf(['raw', 'base64'])),
  exchangedAt: optional(dateTime),
  /** When tokens are exchanged by schedule the next time. */
  rotatesAt: optional(dateTime),
  lastUsedAt: optional(dateTime),
  tokens: v.array(
    object({
      purpose: oneOf(['in use', 'replaced', 'pending', 'invitation']),
      expiresAt: optional(dateTime),
      isExpired: optional(boolean),
    }),
  ),
  settings: peerSettings,
  /** What an operator might do about it. */
  advice: v.array(v.string()),
});
export type PeerView = v.InferOutput<typeof peerView>;

const thePeer = object({ peer: peerView });

/** Where the peer begins: one URL for all our roles, and in 2.1.1 one for each. */
const versionsUrls = v.array(object({ url, versions: v.array(version), peerRole: optional(ourRole) }));

const headers = object({ base64: v.string(), raw: v.string() });

export const listPeers = operation({
  name: 'peers/list',
  method: 'GET',
  summary: 'All peers.',
  input: object({}),
  output: object({ peers: v.array(peerView) }),
});

export const showPeer = operation({
  name: 'peers/show',
  method: 'GET',
  summary: 'All that we know of one peer, without secrets.',
  input: object({ id: peerId }),
  output: thePeer,
  problems: ['not-found'],
});

export const invitePeer = operation({
  name: 'peers/invite',
  method: 'POST',
  summary:
    'Makes an invitation with which a peer registers with us; a former one is void. Its token is shown this once.',
  input: object({
    id: peerId,
    ...expectations,
    /** How long it is good. */
    days: optional(v.pipe(v.number('a number of days'), v.integer('a whole number'), v.minValue(1), v.maxValue(365))),
    /** The role of ours that the connection is about, if it is to be of 2.1.1. */
    ourRole: optional(ourRole),
  }),
  output: object({
    peer: peerView,
    versionsUrls,
    token: credentialsToken,
    /** What stands in the header of its requests, in the form that its version wants. */
    authorization: headers,
    expiresAt: dateTime,
  }),
  problems: ['taken', 'conflict'],
});

export const registerPeer = operation({
  name: 'peers/register',
  method: 'POST',
  summary: 'Registers us with a peer that gave us its versions URL and a token A.',
  input: object({
    versionsUrl: entriesOf(versionEntry).url,
    tokenA: credentialsToken,
    /** By default made of the host. */
    id: optional(peerId),
    ...expectations,
    version: optional(version),
    ourRole: optional(ourRole),
  }),
  output: thePeer,
  problems: ['taken', 'conflict', 'peer-refuses', 'peer-fails'],
});

export const rotatePeer = operation({
  name: 'peers/rotate',
  method: 'POST',
  summary:
    'Exchanges new tokens with a peer, and reads its endpoints again. The old ones work until the new ones are used.',
  input: object({ id: peerId }),
  output: thePeer,
  problems: ['not-found', 'conflict', 'peer-refuses', 'peer-fails'],
});

export const upgradePeer = operation({
  name: 'peers/upgrade',
  method: 'POST',
  summary: 'Moves a connection to the newest version that both serve, or to another.',
  input: object({ id: peerId, version: optional(version), ourRole: optional(ourRole) }),
  output: object({ peer: peerView, hasChanged: boolean }),
  problems: ['not-found', 'conflict', 'peer-refuses', 'peer-fails'],
});

export const unregisterPeer = operation({
  name: 'peers/unregister',
  method: 'POST',
  summary: 'Ends a connection on both sides: its tokens stop, the Tokens that it pushed stay.',
  input: object({
    id: peerId,
    /** Ends it here even if the peer cannot be told. */
    force: optional(boolean),
  }),
  output: thePeer,
  problems: ['not-found', 'conflict', 'peer-refuses', 'peer-fails'],
});

export const changePeerSettings = operation({
  name: 'peers/settings',
  method: 'POST',
  summary: 'Changes what is set for a peer; null takes a setting back.',
  input: object({
    id: peerId,
    profile: optional(oneOf(profileNames)),
    settings: optional(
      changes(
        Object.fromEntries(
          Object.entries(entriesOf(peerSettings)).map(([name, setting]) => [
            name,
            optional(v.nullable(setting.wrapped as v.GenericSchema)),
          ]),
        ),
      ),
    ),
  }),
  output: thePeer,
  problems: ['not-found', 'taken', 'conflict'],
});

export const addPeer = operation({
  name: 'peers/add',
  method: 'POST',
  summary:
    'Adds a peer by hand, without a handshake: for test systems, and for who has none. Its token is shown this once.',
  input: object({
    /** By default made of the first party. */
    id: optional(peerId),
    roles: v.pipe(v.array(partyWithRole, 'a list of parties'), v.minLength(1, 'at least one party')),
    version: optional(version),
    /** By default a new one. */
    token: optional(credentialsToken),
    ...expectations,
  }),
  output: object({ peer: peerView, versionsUrls, token: credentialsToken, authorization: headers }),
  problems: ['taken', 'conflict'],
});

export const removePeer = operation({
  name: 'peers/remove',
  method: 'POST',
  summary: 'Forgets a peer without telling it: its tokens stop at once, the Tokens that it pushed stay.',
  input: object({ id: peerId }),
  output: object({ removed: peerView }),
  problems: ['not-found'],
});
