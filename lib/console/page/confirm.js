/** Asks before anything changes. */
import { byId } from './elements.js';

const dialog = /** @type {HTMLDialogElement} */ (byId('confirm'));
const why = /** @type {HTMLInputElement} */ (byId('confirm-why'));
const yes = byId('confirm-yes');

/**
 * @param {{ question: string, explanation: string, yes: string, asksWhy?: boolean }} words
 * @returns {Promise<{ why: string } | undefined>} undefined if it is not to be done
 */
export function confirmed(words) {
  byId('confirm-question').textContent = words.question;
  byId('confirm-explanation').textContent = words.explanation;
  byId('confirm-reason').hidden = !words.asksWhy;
  yes.textContent = words.yes;
  why.value = '';
  dialog.returnValue = '';
  dialog.showModal();
  // Who presses Enter without reading changes nothing.
  byId('confirm-no').focus();
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      () => resolve(dialog.returnValue === 'yes' ? { why: why.value.trim() } : undefined),
      {
        once: true,
      },
    );
  });
}

yes.addEventListener('click', () => dialog.close('yes'));
byId('confirm-no').addEventListener('click', () => dialog.close());
