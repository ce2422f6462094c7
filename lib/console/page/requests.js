/** The last requests of partners, which only a local server remembers. */
import { ask } from './ask.js';
import { badge, byId, make, time } from './elements.js';

/** @import { RecentRequest } from '../../operator/api/local.ts' */

const status = byId('requests-status');

export function prepareRequests() {
  byId('requests-refresh').addEventListener('click', showRequests);
}

export async function showRequests() {
  status.textContent = 'Looking …';
  try {
    const { requests } = await ask('local/requests', {});
    status.textContent =
      requests.length > 0 ? `The last ${requests.length}, the newest first` : 'None since the server started';
    byId('requests-list').replaceChildren(...(requests.length > 0 ? [tableOf(requests)] : []));
  } catch (error) {
    status.textContent = String(/** @type {Error} */ (error).message);
  }
}

const columns = ['When', 'Partner', 'What', 'HTTP', 'OCPI', 'ms'];

/** @param {RecentRequest[]} requests */
const tableOf = (requests) =>
  make(
    'table',
    {},
    make('caption', { class: 'unseen' }, 'The last requests of partners'),
    make('thead', {}, make('tr', {}, ...columns.map((name) => make('th', { scope: 'col' }, name)))),
    make('tbody', {}, ...requests.map(rowOf)),
  );

/** @param {RecentRequest} request */
function rowOf({ at, peer = 'unknown', route = '', http = 0, status_code, ms }) {
  const isGood = http < 400 && status_code === 1000;
  const cells = [
    time(at),
    peer,
    make('code', {}, route),
    badge(http >= 500 ? 'fail' : http >= 400 ? 'warn' : 'ok', String(http)),
    status_code === undefined ? '' : badge(isGood ? 'ok' : 'warn', String(status_code)),
    String(ms ?? ''),
  ];
  return make('tr', {}, ...cells.map((cell, i) => make('td', { 'data-label': columns[i] ?? '' }, cell)));
}
