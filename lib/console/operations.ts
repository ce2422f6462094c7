/** What the page may ask for, and how it is described there, so that it can be tried out. */
import { examinePeer, examinePlatform } from '../operator/api/doctor.ts';
import { listRecentRequests } from '../operator/api/local.ts';
import { mayCharge } from '../operator/api/may-charge.ts';
import { describeApi } from '../operator/api/openapi.ts';
import type { Operation } from '../operator/api/operation.ts';
import {
  addPeer,
  changePeerSettings,
  invitePeer,
  listPeers,
  registerPeer,
  removePeer,
  rotatePeer,
  showPeer,
  unregisterPeer,
  upgradePeer,
} from '../operator/api/peers.ts';
import { exportReceivedTokens, findReceivedTokens } from '../operator/api/received.ts';
import { showSync, showTold, steerSync } from '../operator/api/sync.ts';
import {
  blockOwnToken,
  eraseToken,
  getOwnToken,
  listOwnTokens,
  patchOwnToken,
  putOwnToken,
  unblockOwnToken,
} from '../operator/api/tokens.ts';

export const readOperations: readonly Operation[] = [
  listPeers,
  showPeer,
  showSync,
  getOwnToken,
  listOwnTokens,
  showTold,
  findReceivedTokens,
  exportReceivedTokens,
  examinePlatform,
  examinePeer,
  describeApi,
];

/** All but the import, which takes a file: the command line reads one better. */
export const writeOperations: readonly Operation[] = [
  putOwnToken,
  patchOwnToken,
  blockOwnToken,
  unblockOwnToken,
  eraseToken,
  mayCharge,
  invitePeer,
  registerPeer,
  rotatePeer,
  upgradePeer,
  unregisterPeer,
  changePeerSettings,
  steerSync,
  addPeer,
  removePeer,
];

export const operationsOf = ({ isLocal, mayWrite }: { isLocal: boolean; mayWrite: boolean }): readonly Operation[] => [
  ...readOperations,
  ...(isLocal ? [listRecentRequests] : []),
  ...(mayWrite ? writeOperations : []),
];

export interface Field {
  name: string;
  /** How it is typed: JSON is for what has members of its own. */
  kind: 'text' | 'number' | 'boolean' | 'choice' | 'json';
  isRequired: boolean;
  /** What it should be. */
  expected?: string;
  choices?: readonly string[];
}

export interface Description {
  name: string;
  method: Operation['method'];
  summary: string;
  fields: Field[];
}

/** What we look at of a schema of valibot. */
interface Shape {
  type: string;
  message?: unknown;
  options?: readonly string[];
  entries?: Record<string, Shape>;
  wrapped?: Shape;
  pipe?: readonly Shape[];
}

const kinds: Record<string, Field['kind']> = {
  string: 'text',
  number: 'number',
  boolean: 'boolean',
  picklist: 'choice',
};

const unwrap = (shape: Shape): Shape => (shape.wrapped ? unwrap(shape.wrapped) : shape);

const entriesIn = (shape: Shape): Record<string, Shape> | undefined =>
  [shape, ...(shape.pipe ?? [])].find(({ entries }) => entries)?.entries;

function fieldOf(name: string, given: Shape): Field {
  const shape = unwrap(given);
  const [first = shape] = shape.pipe ?? [];
  const members = Object.keys(entriesIn(shape) ?? {});
  const expected = members.length > 0 ? `an object with ${members.join(', ')}` : first.message;
  return {
    name,
    kind: kinds[first.type] ?? 'json',
    isRequired: given.type !== 'exact_optional',
    ...(typeof expected === 'string' && { expected }),
    ...(first.options && { choices: first.options }),
  };
}

export const describe = ({ name, method, summary, input }: Operation): Description => ({
  name,
  method,
  summary,
  fields: Object.entries(entriesIn(input as unknown as Shape) ?? {}).map(([field, shape]) => fieldOf(field, shape)),
});
