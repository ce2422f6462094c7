/** Asks the console that serves this page, which asks the owner's API. The session lives here, and is gone with the page. */

/**
 * @import { examinePeer, examinePlatform } from '../../operator/api/doctor.ts'
 * @import { listRecentRequests } from '../../operator/api/local.ts'
 * @import { InputOf, OutputOf } from '../../operator/api/operation.ts'
 * @import { listPeers, rotatePeer } from '../../operator/api/peers.ts'
 * @import { findReceivedTokens } from '../../operator/api/received.ts'
 * @import { showSync, showTold, steerSync } from '../../operator/api/sync.ts'
 * @import { blockOwnToken, getOwnToken, unblockOwnToken } from '../../operator/api/tokens.ts'
 * @import { CallAnswer } from '../answer.ts'
 * @import { Opened } from '../server.ts'
 */

/**
 * @typedef {{
 *   'doctor/peer': typeof examinePeer,
 *   'doctor/platform': typeof examinePlatform,
 *   'local/requests': typeof listRecentRequests,
 *   'peers/list': typeof listPeers,
 *   'peers/rotate': typeof rotatePeer,
 *   'peers/steer': typeof steerSync,
 *   'peers/sync': typeof showSync,
 *   'received/find': typeof findReceivedTokens,
 *   'tokens/block': typeof blockOwnToken,
 *   'tokens/get': typeof getOwnToken,
 *   'tokens/told': typeof showTold,
 *   'tokens/unblock': typeof unblockOwnToken,
 * }} Operations
 */

let session = '';

/** The API has understood, and says no. */
export class Problem extends Error {
  /** @param {string} type @param {string} detail */
  constructor(type, detail) {
    super(detail);
    this.type = type;
  }
}

/**
 * @param {string} path
 * @param {object} body
 */
async function post(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Console-Session': session },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Error('The console has been stopped. Start it again, and open the link that it prints.');
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.message}. Press Enter where the console runs, and open the new link.`);
  return answer;
}

/**
 * Exchanges the key of the link, which is good once.
 * @param {string} key
 * @returns {Promise<Opened>}
 */
export async function openWith(key) {
  const opened = await post('/session', { key });
  session = opened.session;
  return opened;
}

/**
 * @param {string} operation
 * @param {unknown} input
 * @returns {Promise<CallAnswer>}
 */
export const askAnything = (operation, input) => post('/call', { operation, input });

/**
 * @template {keyof Operations} Name
 * @param {Name} operation
 * @param {InputOf<Operations[Name]>} input
 * @returns {Promise<OutputOf<Operations[Name]>>}
 * @throws Problem
 */
export async function ask(operation, input) {
  const answer = await askAnything(operation, input);
  if ('problem' in answer) throw new Problem(answer.problem.type, answer.problem.detail);
  return /** @type {OutputOf<Operations[Name]>} */ (answer.output);
}
