/** How far push and pull are with a partner, and what they are to do: asked when it is opened, and again while something is under way. */
import { ask } from './ask.js';
import { badge, button, details, facts, make, time } from './elements.js';

/** @import { LaneView } from '../../operator/api/sync.ts' */

/** @type {Record<LaneView['state'], 'ok' | 'warn' | 'fail' | 'skip'>} */
const tones = { 'at rest': 'ok', working: 'ok', waiting: 'ok', 'not begun': 'skip', paused: 'warn', failing: 'fail' };

const lookEveryMs = 2_000;

/**
 * @param {string} id of the peer
 * @param {boolean} mayWrite
 */
export function lanesOf(id, mayWrite) {
  const found = make('div', {}, make('p', { role: 'status' }, 'Looking …'));
  const element = details('Push and pull', found);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let next;
  const look = () => {
    clearTimeout(next);
    if (element.open && element.isConnected) void show(ask('peers/sync', { id }));
  };
  /** @param {Promise<{ lanes: LaneView[] }>} answer */
  async function show(answer) {
    clearTimeout(next);
    try {
      const { lanes } = await answer;
      const shown = lanes.map((lane) => laneOf(lane, mayWrite ? (act) => show(steer(lane, act)) : undefined));
      replace(
        found,
        shown.length > 0 ? shown : [make('p', { role: 'status' }, 'Nothing is pushed, and nothing pulled.')],
      );
      if (lanes.some(isBusy)) next = setTimeout(look, lookEveryMs);
    } catch (error) {
      replace(found, [make('p', { role: 'alert' }, String(/** @type {Error} */ (error).message))]);
    }
  }
  element.addEventListener('toggle', look);
  return element;
}

/** Whoever is at a button stays there. @param {HTMLElement} found @param {HTMLElement[]} shown */
function replace(found, shown) {
  const at = [...found.querySelectorAll('button')].indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  found.replaceChildren(...shown);
  if (at >= 0) found.querySelectorAll('button')[at]?.focus();
}

/** @param {LaneView} lane */
const isBusy = ({ state, isWorking, wishes }) =>
  state !== 'paused' && (isWorking || state === 'waiting' || (wishes.length > 0 && state !== 'failing'));

/** @typedef {'now' | 'full' | 'pause' | 'resume' | 'retryRefused'} Act */

/** @param {LaneView} lane @param {Act} act */
const steer = ({ peer: id, direction }, act) => ask('peers/steer', { id, direction, [act]: true });

/**
 * @param {LaneView} lane
 * @param {((act: Act) => void) | undefined} onAct
 */
function laneOf(lane, onAct) {
  const { direction, state, pausedSince, failing, wishes, succeededAt, push, pull } = lane;
  const name = direction === 'push' ? 'Push' : 'Pull';
  const act = /** @param {Act} which @param {string} label */ (which, label) => button(label, () => onAct?.(which));
  return make(
    'section',
    { class: 'lane', 'aria-label': name },
    make('div', { class: 'bar' }, make('h4', {}, name), badge(tones[state], state)),
    wayOf(lane),
    facts({
      'paused since': pausedSince && time(pausedSince),
      'failing since': failing && time(failing.since),
      why: failing?.why,
      'tried again': failing && (failing.nextAt === undefined ? 'when you say so' : time(failing.nextAt)),
      'to come': wishes.length > 0 ? wishes.map((wish) => wishWords[wish]).join(', ') : undefined,
      'last success': succeededAt && time(succeededAt),
      'all changes until': push && !push.full ? time(push.changesFrom) : undefined,
      'changes left': push?.left ? String(push.left) : undefined,
      'all pushed': push?.fullAt && time(push.fullAt),
      refused: push && String(push.refused),
      'last of all': walkedOf(pull?.full),
      'last changes': walkedOf(pull?.changes),
      'all, stopped': walkedOf(pull?.stopped?.full),
      'changes, stopped': walkedOf(pull?.stopped?.changes),
      'of one party': walkedOf(pull?.ofOne),
      'next changes': pull && time(pull.nextChangesAt),
      'next of all': pull && time(pull.nextFullAt),
    }),
    refusedOf(push),
    pull && pull.problems.length > 0
      ? make('ul', { class: 'plain' }, ...pull.problems.map(({ at, why }) => make('li', {}, time(at), ` ${why}`)))
      : undefined,
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

/** @type {Record<LaneView['wishes'][number], string>} */
const wishWords = { now: 'now', full: 'all again', retry: 'what was refused' };

/** @typedef {NonNullable<NonNullable<LaneView['pull']>['changes']>} Walked */

/**
 * What came of a walk through their list, and why it went no further.
 * @param {Walked & { missing?: number, invalidated?: number, why?: string, party?: { country_code: string, party_id: string } } | undefined} walked
 */
function walkedOf(walked) {
  if (!walked) return undefined;
  const { at, read, counts, passedOver, missing, invalidated, why, party } = walked;
  const all = { read, ...counts, 'passed over': passedOver?.count, missing, 'made invalid': invalidated };
  const told = Object.entries(all).filter(([name, count]) => count || name === 'read');
  const words = told.map(([name, count]) => `, ${count} ${name}`).join('');
  const whose = party ? `${party.country_code} ${party.party_id}, ` : '';
  return make('span', {}, whose, time(at), why === undefined ? words : `${words}: ${why}`);
}

/** How far what is under way is. @param {LaneView} lane */
function wayOf({ push, pull }) {
  const { many, left } = push ?? {};
  const changes = many && left !== undefined ? { done: many.done, total: many.done + left } : undefined;
  const under = push?.full ?? changes ?? (pull?.walk && { done: pull.walk.read, total: pull.walk.total });
  if (!under) return undefined;
  const { done, total } = under;
  const words = `${done} of ${total ?? 'all'} ${push ? 'sent' : 'read'}`;
  const bar = make('progress', {
    'aria-label': words,
    ...(total !== undefined && { max: String(total || 1), value: String(done) }),
  });
  return make('div', { class: 'way' }, bar, words);
}

/** @param {LaneView['push']} push */
function refusedOf({ refused, refusedTokens = [] } = { refused: 0, changesFrom: '', taken: 0 }) {
  if (refusedTokens.length === 0) return undefined;
  const more = refused - refusedTokens.length;
  return make(
    'ul',
    { class: 'plain refused' },
    ...refusedTokens.map(({ uid, type, why }) => make('li', {}, make('code', {}, uid), ` ${type}: ${why}`)),
    more > 0 ? make('li', {}, `and ${more} more`) : undefined,
  );
}
