/** Our partners: their state, what is wrong with them, and an examination on demand. */
import { ask } from './ask.js';
import { confirmed } from './confirm.js';
import { badge, button, byId, details, facts, findings, make, time } from './elements.js';
import { lanesOf } from './lanes.js';

/** @import { PeerView } from '../../operator/api/peers.ts' */

const status = byId('peers-status');
const list = byId('peers-list');
let mayRotate = false;

/** @type {Record<PeerView['state'], 'ok' | 'warn' | 'fail' | 'skip'>} */
const tones = {
  registered: 'ok',
  'by hand': 'ok',
  registering: 'warn',
  invited: 'warn',
  'invitation expired': 'fail',
  unregistered: 'skip',
};

/** @param {{ mayWrite: boolean }} opened */
export function preparePeers({ mayWrite }) {
  mayRotate = mayWrite;
  byId('peers-refresh').addEventListener('click', showPeers);
  byId('platform-examine').addEventListener('click', examinePlatform);
}

export async function showPeers() {
  status.textContent = 'Looking …';
  try {
    const { peers } = await ask('peers/list', {});
    const wrong = peers.filter(({ advice }) => advice.length > 0);
    const all = `${peers.length} ${peers.length === 1 ? 'partner' : 'partners'}`;
    status.textContent = wrong.length > 0 ? `${all}, of which ${wrong.length} need a look` : all;
    // What needs a look comes first.
    list.replaceChildren(...[...wrong, ...peers.filter((peer) => !wrong.includes(peer))].map(cardOf));
  } catch (error) {
    status.textContent = String(/** @type {Error} */ (error).message);
  }
}

async function examinePlatform() {
  status.textContent = 'Examining our side …';
  try {
    const { isHealthy, checks } = await ask('doctor/platform', {});
    byId('platform-findings').replaceChildren(findings(checks));
    status.textContent = isHealthy ? 'Our side is well.' : 'Something is wrong on our side; see below.';
  } catch (error) {
    status.textContent = String(/** @type {Error} */ (error).message);
  }
}

/** @param {PeerView['roles'][number]} party */
const spellParty = ({ role, country_code, party_id, name }) =>
  `${role} ${country_code} ${party_id}${name ? ` · ${name}` : ''}`;

/** @param {PeerView} peer */
function cardOf(peer) {
  const { id, state, roles, ignoredRoles = [], version, ourRole, lastUsedAt, advice } = peer;
  const found = make('div', { role: 'status' });
  return make(
    'article',
    { class: 'card', 'aria-labelledby': `peer-${id}` },
    make('div', { class: 'bar' }, make('h3', { id: `peer-${id}` }, id), badge(tones[state], state)),
    roles.length > 0
      ? make('ul', { class: 'plain' }, ...roles.map((party) => make('li', {}, spellParty(party))))
      : undefined,
    facts({
      'not agreed on': ignoredRoles.map(spellParty).join(', ') || undefined,
      'OCPI version': version,
      'our role': ourRole,
      'last heard of': lastUsedAt ? time(lastUsedAt) : 'never',
    }),
    state === 'registered' ? lanesOf(id, mayRotate) : undefined,
    advice.length > 0 ? make('ul', { class: 'advice' }, ...advice.map((text) => make('li', {}, text))) : undefined,
    details('All that is known', ...everythingOf(peer)),
    make(
      'div',
      { class: 'bar' },
      button('Examine', (pressed) => examine(id, pressed, found)),
      mayRotate && state === 'registered' ? button('Rotate tokens', () => rotate(id, found)) : undefined,
    ),
    found,
  );
}

/** @param {PeerView} peer */
function everythingOf({
  versionsUrl,
  exchangedAt,
  authorizationEncoding,
  isHub,
  hub_party_id,
  listedParties,
  ...peer
}) {
  const { settings, tokens, endpoints = [] } = peer;
  const tokensText = tokens.map(({ purpose, expiresAt }) => (expiresAt ? `${purpose} until ${expiresAt}` : purpose));
  return [
    facts({
      'versions URL': versionsUrl,
      'tokens exchanged': exchangedAt && time(exchangedAt),
      'form of the header': authorizationEncoding,
      hub: isHub ? `yes${hub_party_id ? `, ${hub_party_id}` : ''}, ${listedParties ?? 0} parties listed` : undefined,
      'its tokens': tokensText.join(', ') || 'none',
      settings: Object.keys(settings).length > 0 ? settings : 'as by default',
    }),
    facts(
      Object.fromEntries(endpoints.map(({ identifier, role, url }) => [`${identifier} ${role ?? ''}`.trim(), url])),
    ),
  ];
}

/**
 * @param {string} id
 * @param {HTMLButtonElement} pressed
 * @param {HTMLElement} found
 */
async function examine(id, pressed, found) {
  pressed.disabled = true;
  found.replaceChildren(`Asking ${id} …`);
  try {
    const { checks } = await ask('doctor/peer', { id });
    found.replaceChildren(findings(checks));
  } catch (error) {
    found.replaceChildren(String(/** @type {Error} */ (error).message));
  }
  pressed.disabled = false;
  pressed.focus();
}

/**
 * @param {string} id
 * @param {HTMLElement} found
 */
async function rotate(id, found) {
  const isMeant = await confirmed({
    question: `Exchange new tokens with ${id}?`,
    explanation: 'The old ones work until the new ones are used.',
    yes: 'Rotate tokens',
  });
  if (!isMeant) return;
  found.replaceChildren(`Exchanging tokens with ${id} …`);
  try {
    const { peer } = await ask('peers/rotate', { id });
    const card = cardOf(peer);
    found.closest('article')?.replaceWith(card);
    status.textContent = `New tokens are in use with ${id}.`;
    card.querySelector('button')?.focus();
  } catch (error) {
    found.replaceChildren(String(/** @type {Error} */ (error).message));
  }
}
