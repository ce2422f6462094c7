/** All that there is about a card: our own Token with what decides about it, and those that partners have pushed. */
import { ask, Problem } from './ask.js';
import { confirmed } from './confirm.js';
import { badge, button, byId, details, facts, make, time } from './elements.js';

/**
 * @import { OutputOf } from '../../operator/api/operation.ts'
 * @import { getOwnToken } from '../../operator/api/tokens.ts'
 * @import { showTold } from '../../operator/api/sync.ts'
 * @import { findReceivedTokens } from '../../operator/api/received.ts'
 * @typedef {OutputOf<typeof getOwnToken>} OwnToken
 * @typedef {OutputOf<typeof showTold>['peers'][number]} Told
 * @typedef {OutputOf<typeof findReceivedTokens>['tokens'][number]} ReceivedToken
 */

const status = byId('card-status');
const found = byId('card-found');
const uidInput = /** @type {HTMLInputElement} */ (byId('card-uid'));
let mayBlock = false;

/** Those that OCPI names; one of another type is found if it is the only one of its uid. */
const types = ['RFID', 'APP_USER', 'AD_HOC_USER', 'EMAID', 'OTHER'];

/** @param {{ mayWrite: boolean }} opened */
export function prepareCard({ mayWrite }) {
  mayBlock = mayWrite;
  byId('card-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void search(uidInput.value.trim());
  });
}

/** @param {string} uid */
async function search(uid) {
  if (uid === '') return;
  status.textContent = 'Looking …';
  found.replaceChildren();
  try {
    const [own, received] = await Promise.all([findOwn(uid), ask('received/find', { uid, count_zeros: 'false' })]);
    const { length } = received.tokens;
    status.textContent =
      own.length + length > 0
        ? `${uid}: ${own.length} of ours, ${length} received from partners`
        : `Nobody has a Token ${uid}: it is none of ours, and no partner has pushed it.`;
    found.replaceChildren(...own.map(ownCard), ...received.tokens.map(receivedCard));
  } catch (error) {
    status.textContent = String(/** @type {Error} */ (error).message);
  }
}

/** @param {string} uid @returns {Promise<OwnToken[]>} */
async function findOwn(uid) {
  const answers = await Promise.all([getOwn({ uid }), ...types.map((type) => getOwn({ uid, type }))]);
  const byType = new Map(answers.flatMap((own) => (own ? [[own.token.type, own]] : [])));
  return [...byType.values()];
}

/** @param {{ uid: string, type?: string }} address @returns {Promise<OwnToken | undefined>} */
async function getOwn(address) {
  try {
    return await ask('tokens/get', address);
  } catch (error) {
    if (error instanceof Problem && error.type === 'not-found') return undefined;
    throw error;
  }
}

/** @param {OwnToken} own */
function stateOf({ token, settings }) {
  if (settings.blocked) return badge('fail', 'blocked');
  return token.valid ? badge('ok', 'valid') : badge('warn', 'not valid');
}

/**
 * @param {OwnToken['token']} token
 * @param {Record<string, Node>} more
 */
const factsOf = ({ uid, last_updated, energy_contract, country_code, party_id, ...token }, more = {}) =>
  facts({
    uid,
    party: `${country_code} ${party_id}`,
    ...token,
    energy_contract,
    last_updated: time(last_updated),
    ...more,
  });

/** @param {OwnToken} own */
function ownCard(own) {
  const { token, settings, revision } = own;
  const { block, expiresAt, hasNoCredit, needsLocation, allowedLocations } = settings;
  const title = `own-${token.type}`;
  const card = make(
    'article',
    { class: 'card wide', 'aria-labelledby': title },
    make('div', { class: 'bar' }, make('h3', { id: title }, `Our own Token, ${token.type}`), stateOf(own)),
    make('h4', {}, 'What partners are told'),
    factsOf(token),
    toldOf(token),
    make('h4', {}, 'What else decides when a driver asks to charge'),
    facts({
      'blocked because': block?.why,
      'the driver is told': block?.info?.map(({ language, text }) => `${language}: ${text}`).join(' · '),
      expires: expiresAt ? time(expiresAt) : 'never',
      credit: hasNoCredit ? 'none' : 'not in the way',
      location: needsLocation ? 'has to be known' : 'need not be known',
      'may charge at': allowedLocations ?? 'all locations',
      revision,
    }),
    mayBlock
      ? make(
          'div',
          { class: 'bar' },
          blockButton(own, (changed) => replace(card, changed)),
        )
      : undefined,
  );
  return card;
}

/** @type {Record<Told['told'], 'ok' | 'warn' | 'fail' | 'skip'>} */
const tones = { told: 'ok', waiting: 'warn', refused: 'fail', 'not theirs': 'skip' };

/** Who of those that we push to knows the last change: asked when it is opened. @param {{ uid: string, type: string }} token */
function toldOf({ uid, type }) {
  const list = make('ul', { class: 'plain told' }, 'Looking …');
  const element = details('Which partners know', list);
  element.addEventListener('toggle', async () => {
    if (!element.open) return;
    try {
      /** @type {Told[]} */
      const told = [];
      /** @type {string | undefined} */
      let after;
      do {
        const page = await ask('tokens/told', { uid, type, ...(after !== undefined && { after }) });
        told.push(...page.peers);
        after = page.next;
      } while (after !== undefined);
      list.replaceChildren(...(told.length > 0 ? told.map(toldLine) : ['Nobody is pushed to.']));
    } catch (error) {
      list.replaceChildren(String(/** @type {Error} */ (error).message));
    }
  });
  return element;
}

/** @param {Told} told */
const toldLine = ({ peer, told, refused, pausedSince, failing }) =>
  make(
    'li',
    {},
    badge(tones[told], told),
    make(
      'span',
      {},
      make('strong', {}, peer),
      refused ? `: ${refused.why}` : undefined,
      ...(pausedSince ? [', paused since ', time(pausedSince)] : []),
      ...(failing ? [', failing since ', time(failing.since), `: ${failing.why}`] : []),
    ),
  );

/**
 * @param {HTMLElement} card
 * @param {OwnToken} changed
 */
function replace(card, changed) {
  const next = ownCard(changed);
  card.replaceWith(next);
  next.querySelector('button')?.focus();
  status.textContent = changed.settings.blocked ? 'The Token is blocked.' : 'The Token is not blocked any more.';
}

/**
 * @param {OwnToken} own
 * @param {(changed: OwnToken) => void} onChanged
 */
function blockButton({ token: { uid, type }, settings: { blocked } }, onChanged) {
  const word = blocked ? 'Unblock' : 'Block';
  return button(`${word} …`, async () => {
    const answer = await confirmed({
      question: `${word} ${uid}?`,
      explanation: blocked
        ? 'The Token is again what its source says.'
        : 'Drivers cannot charge with it, and partners are told that it is not valid.',
      yes: word,
      asksWhy: !blocked,
    });
    if (!answer) return;
    try {
      const why = answer.why === '' ? {} : { why: answer.why };
      onChanged(
        blocked ? await ask('tokens/unblock', { uid, type }) : await ask('tokens/block', { uid, type, ...why }),
      );
    } catch (error) {
      status.textContent = String(/** @type {Error} */ (error).message);
    }
  });
}

/** @param {ReceivedToken} received @param {number} index */
function receivedCard({ token, arrived_at }, index) {
  const { country_code, party_id, type, valid } = token;
  const title = `received-${index}`;
  return make(
    'article',
    { class: 'card wide', 'aria-labelledby': title },
    make(
      'div',
      { class: 'bar' },
      make('h3', { id: title }, `Received from ${country_code} ${party_id}, ${type}`),
      valid ? badge('ok', 'valid') : badge('warn', 'not valid'),
    ),
    factsOf(token, { 'came in': time(arrived_at) }),
  );
}
