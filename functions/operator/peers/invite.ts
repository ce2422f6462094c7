// POST /operator/peers/invite: the owner invites a peer to register.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { invitePeer } from '../../../lib/operator/api/peers.ts';
import { invite } from '../../../lib/operator/peers/invite.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint(invitePeer, invite);
