/** The kinds of OCPI endpoints: which middlewares stand in front of each, and what they tell it. */
import type { BareRuntime, Runtime } from '../../runtime/runtime.ts';
import { type Chain, chain } from '../chain.ts';
import { accessLog } from '../middleware/access-log.ts';
import { begin } from '../middleware/begin.ts';
import { compress } from '../middleware/compress.ts';
import type { Begun } from '../request.ts';
import { ocpiEntry } from './log-entry.ts';
import { authenticate, registered } from './middleware/authenticate.ts';
import { envelope } from './middleware/envelope.ts';
import { limit } from './middleware/limit.ts';
import { messageIds } from './middleware/message-ids.ts';
import { noteUse } from './middleware/note-use.ts';
import { ownership } from './middleware/ownership.ts';
import { readership } from './middleware/readership.ts';
import { routing } from './middleware/routing.ts';
import { tree } from './middleware/tree.ts';
import { version, versionOfTree } from './middleware/version.ts';
import type { Addressed, Authenticated, Calling, Identified, InTree, OcpiKnown, Routed, Versioned } from './request.ts';

type Opened = Begun & Identified;
type Functional = Opened & Versioned & Authenticated & Routed;

/** A request to our Receiver interface: an eMSP about one of its Tokens. */
export type ReceiverRequest = Functional & Calling<'CPO'> & Addressed;
/** A request to our Sender interface: a CPO about our own Tokens. */
export type SenderRequest = Functional & Calling<'EMSP'>;
/** A request to the versions module, which may be about no version in particular. */
export type VersionsRequest = Opened & InTree & Authenticated;
/** A request of the credentials module, or for the details of a version. */
export type ConfigurationRequest = VersionsRequest & Versioned;

/** An endpoint that asks nobody who they are. */
export const open = (runtime: BareRuntime): Chain<Opened, OcpiKnown> =>
  chain<OcpiKnown>({ outer: [accessLog(runtime, ocpiEntry), compress], envelope: envelope(runtime) })
    .use(begin(runtime))
    .use(messageIds(runtime));

export const receiver = (runtime: Runtime): Chain<ReceiverRequest, OcpiKnown> =>
  open(runtime)
    .use(version)
    .use(authenticate(runtime))
    .use(registered('CPO'))
    .use(noteUse(runtime))
    .use(limit(runtime))
    .use(routing(runtime, 'CPO'))
    .use(ownership(runtime));

export const sender = (runtime: Runtime): Chain<SenderRequest, OcpiKnown> =>
  open(runtime)
    .use(version)
    .use(authenticate(runtime))
    .use(registered('EMSP'))
    .use(noteUse(runtime))
    .use(limit(runtime))
    .use(routing(runtime, 'EMSP'))
    .use(readership);

/** Of the versions and credentials modules, which have no routing headers (RTE-03). */
export const versions = (runtime: Runtime): Chain<VersionsRequest, OcpiKnown> =>
  open(runtime).use(tree(runtime)).use(authenticate(runtime)).use(noteUse(runtime)).use(limit(runtime));

export const configuration = (runtime: Runtime): Chain<ConfigurationRequest, OcpiKnown> =>
  open(runtime)
    .use(tree(runtime))
    .use(versionOfTree)
    .use(authenticate(runtime))
    .use(noteUse(runtime))
    .use(limit(runtime));
