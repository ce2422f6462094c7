/** The page: opens with the key of its link, and shows one section at a time. */
import { openWith } from './ask.js';
import { prepareCard } from './card.js';
import { byId } from './elements.js';
import { preparePeers, showPeers } from './peers.js';
import { prepareRequests, showRequests } from './requests.js';
import { prepareTryOut } from './try-out.js';

const navigation = /** @type {HTMLElement} */ (document.querySelector('nav'));
const links = [...navigation.querySelectorAll('a')];

/** What is looked up anew whenever its section is shown. @type {Record<string, () => Promise<void>>} */
const onShow = { peers: showPeers, requests: showRequests };

/** @param {string} name */
function showSection(name) {
  for (const link of links) {
    const isShown = link.hash === `#${name}`;
    byId(link.hash.slice(1)).hidden = !isShown;
    if (isShown) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  void onShow[name]?.();
}

const nameIn = () => links.find(({ hash, hidden }) => hash === location.hash && !hidden)?.hash.slice(1) ?? 'peers';

async function start() {
  const key = location.hash.slice(1);
  // It stays in no history.
  history.replaceState(undefined, '', '/');
  if (key === '' || links.some(({ hash }) => hash === `#${key}`))
    throw new Error(
      'This page opens with a link of its own. Press Enter where the console runs, and open the new one.',
    );
  const opened = await openWith(key);
  const { where, isLocal, mayWrite } = opened;
  byId('place').textContent = `${where} · ${mayWrite ? 'may change' : 'read-only'}`;
  for (const link of links) link.hidden = link.hash === '#requests' && !isLocal;
  preparePeers(opened);
  prepareCard(opened);
  prepareRequests();
  prepareTryOut(opened);
  navigation.hidden = false;
  showSection('peers');
  window.addEventListener('hashchange', () => {
    const name = nameIn();
    showSection(name);
    byId(`${name}-title`).focus();
  });
}

start().catch((error) => {
  byId('place').textContent = '';
  byId('closed').textContent = error.message;
  byId('closed').hidden = false;
});
