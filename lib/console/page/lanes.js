/** How far push and pull are with a partner, and what they are to do: asked when it is opened. */
import { ask } from './ask.js';
import { badge, button, details, facts, make, time } from './elements.js';

/** @import { LaneView } from '../../operator/api/sync.ts' */

/** @type {Record<LaneView['state'], 'ok' | 'warn' | 'fail' | 'skip'>} */
const tones = { 'at rest': 'ok', working: 'ok', waiting: 'ok', 'not begun': 'skip', paused: 'warn', failing: 'fail' };

/**
 * @param {string} id of the peer
 * @param {boolean} mayWrite
 */
export function lanesOf(id, mayWrite) {
  const found = make('div', { role: 'status' }, 'Looking …');
  const element = details('Push and pull', found);
  /** @param {Promise<{ lanes: LaneView[] }>} answer */
  const show = async (answer) => {
    try {
      const { lanes } = await answer;
      const shown = lanes.map((lane) => laneOf(lane, mayWrite ? (act) => show(steer(lane, act)) : undefined));
      found.replaceChildren(...(shown.length > 0 ? shown : ['Nothing is pushed, and nothing pulled.']));
    } catch (error) {
      found.replaceChildren(String(/** @type {Error} */ (error).message));
    }
  };
  element.addEventListener('toggle', () => {
    if (element.open) void show(ask('peers/sync', { id }));
  });
  return element;
}

/** @typedef {'now' | 'full' | 'pause' | 'resume' | 'retryRefused'} Act */

/** @param {LaneView} lane @param {Act} act */
const steer = ({ peer: id, direction }, act) => ask('peers/steer', { id, direction, [act]: true });

/**
 * @param {LaneView} lane
 * @param {((act: Act) => void) | undefined} onAct
 */
function laneOf(lane, onAct) {
  const { direction, state, pausedSince, failing, wishes, succeededAt, push, pull } = lane;
  const act = /** @param {Act} name @param {string} label */ (name, label) => button(label, () => onAct?.(name));
  return make(
    'section',
    {},
    make('div', { class: 'bar' }, make('h4', {}, direction === 'push' ? 'Push' : 'Pull'), badge(tones[state], state)),
    facts({
      'paused since': pausedSince && time(pausedSince),
      'failing since': failing && time(failing.since),
      why: failing?.why,
      'tried again': failing && time(failing.nextAt),
      'to come': wishes.length > 0 ? wishes.join(', ') : undefined,
      'last success': succeededAt && time(succeededAt),
      'all changes until': push && time(push.changesFrom),
      'changes left': push?.left === undefined ? undefined : String(push.left),
      'all from the beginning': push?.full && `${push.full.done} of ${push.full.total}`,
      refused: push && String(push.refused),
      'being read': pull?.walk && `${pull.walk.read}${pull.walk.total === undefined ? '' : ` of ${pull.walk.total}`}`,
      'next changes': pull && time(pull.nextChangesAt),
      'next of all': pull && time(pull.nextFullAt),
    }),
    ...(push?.refusedTokens ?? []).map(({ uid, type, why }) => make('p', {}, `${type} ${uid}: ${why}`)),
    ...(pull?.problems ?? []).map(({ at, why }) => make('p', {}, time(at), ` ${why}`)),
    onAct
      ? make(
          'div',
          { class: 'bar' },
          pausedSince ? act('resume', 'Resume') : act('pause', 'Pause'),
          act('now', 'Now'),
          act('full', 'All again'),
          push && push.refused > 0 ? act('retryRefused', 'Retry refused') : undefined,
        )
      : undefined,
  );
}
