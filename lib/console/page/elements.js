/** Makes elements. Words of peers become text and never markup: nothing here, or elsewhere on the page, takes HTML. */

/**
 * @param {string} id
 * @returns the element of the page that has it
 * @throws Error if there is none
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no ${id}`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string | undefined)} children of which undefined is left out
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/**
 * @param {string} label
 * @param {(button: HTMLButtonElement) => void} onClick
 */
export function button(label, onClick) {
  const element = make('button', { type: 'button' }, label);
  element.addEventListener('click', () => onClick(element));
  return element;
}

/** @param {'ok' | 'warn' | 'fail' | 'skip'} tone @param {string} text */
export const badge = (tone, text) => make('span', { class: `badge ${tone}` }, text);

/** @param {string} instant as OCPI spells it */
export const time = (instant) => make('time', { datetime: instant }, `${instant.slice(0, 19).replace('T', ' ')} UTC`);

/** @param {unknown} value */
const shownAs = (value) => (value instanceof Node || typeof value === 'string' ? value : JSON.stringify(value));

/**
 * Names and values; those that are undefined are left out.
 * @param {Record<string, unknown>} members
 */
export const facts = (members) =>
  make(
    'dl',
    {},
    ...Object.entries(members)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, shownAs(value)))),
  );

/**
 * @param {string} summary
 * @param {...(Node | undefined)} children
 */
export const details = (summary, ...children) => make('details', {}, make('summary', {}, summary), ...children);

/**
 * What an examination has found.
 * @param {{ status: 'ok' | 'warn' | 'fail' | 'skip', check: string, message: string, advice?: string }[]} checks
 */
export const findings = (checks) =>
  make(
    'ul',
    { class: 'findings' },
    ...checks.map(({ status, check, message, advice }) =>
      make(
        'li',
        {},
        badge(status, status),
        make(
          'div',
          {},
          make('strong', {}, check),
          ` ${message}`,
          advice ? make('p', { class: 'advice' }, advice) : undefined,
        ),
      ),
    ),
  );
