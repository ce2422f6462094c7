/** Every operation of the owner's API, in the order in which people read about them. */
import { examinePeer, examinePlatform } from './doctor.ts';
import { mayCharge } from './may-charge.ts';
import { describeApi } from './openapi.ts';
import type { Operation } from './operation.ts';
import * as peers from './peers.ts';
import { exportReceivedTokens, findReceivedTokens } from './received.ts';
import * as sync from './sync.ts';
import * as tokens from './tokens.ts';

export const operations: readonly Operation[] = [
  tokens.putOwnToken,
  tokens.getOwnToken,
  tokens.patchOwnToken,
  tokens.listOwnTokens,
  tokens.importOwnTokens,
  tokens.blockOwnToken,
  tokens.unblockOwnToken,
  tokens.eraseToken,
  sync.showTold,
  findReceivedTokens,
  exportReceivedTokens,
  mayCharge,
  peers.listPeers,
  peers.showPeer,
  peers.invitePeer,
  peers.registerPeer,
  peers.rotatePeer,
  peers.upgradePeer,
  peers.unregisterPeer,
  peers.changePeerSettings,
  sync.showSync,
  sync.steerSync,
  peers.addPeer,
  peers.removePeer,
  examinePlatform,
  examinePeer,
  describeApi,
];
