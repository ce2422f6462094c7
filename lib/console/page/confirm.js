/** Asks before anything changes. */
import { byId } from './elements.js';

const dialog = /** @type {HTMLDialogElement} */ (byId('confirm'));
const why = /** @type {HTMLInputElement} */ (byId('confirm-why'));
const yes = byId('confirm-yes');

/** @typedef {{ why: string } | undefined} Answer undefined if it is not to be done */

// Not by the event `close`: it comes later, when the next question may be open already.
/** @type {(answer: Answer) => void} */
let settle = () => undefined;

/**
 * @param {{ question: string, explanation: string, yes: string, asksWhy?: boolean }} words
 * @returns {Promise<Answer>}
 */
export function confirmed(words) {
  byId('confirm-question').textContent = words.question;
  byId('confirm-explanation').textContent = words.explanation;
  byId('confirm-reason').hidden = !words.asksWhy;
  yes.textContent = words.yes;
  why.value = '';
  dialog.showModal();
  // Who presses Enter without reading changes nothing.
  byId('confirm-no').focus();
  return new Promise((resolve) => {
    settle = resolve;
  });
}

/** @param {Answer} answer */
function close(answer) {
  dialog.close();
  settle(answer);
}

yes.addEventListener('click', () => close({ why: why.value.trim() }));
byId('confirm-no').addEventListener('click', () => close(undefined));
dialog.addEventListener('cancel', () => settle(undefined));
