/** Any operation to try out: its fields come from what validates them, and its answer is shown as it is. */
import { askAnything } from './ask.js';
import { confirmed } from './confirm.js';
import { byId, make } from './elements.js';

/** @import { Description, Field } from '../operations.ts' */

const select = /** @type {HTMLSelectElement} */ (byId('api-operation'));
const status = byId('api-status');
/** @type {Map<string, Description>} */
let operations = new Map();

/** @param {{ operations: Description[] }} opened */
export function prepareTryOut(opened) {
  operations = new Map(opened.operations.map((operation) => [operation.name, operation]));
  const groups = Map.groupBy(opened.operations, ({ method }) => (method === 'GET' ? 'Look' : 'Change'));
  for (const [label, described] of groups) {
    select.append(make('optgroup', { label }, ...described.map(({ name }) => make('option', { value: name }, name))));
  }
  select.addEventListener('change', showFields);
  byId('api-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void send();
  });
  showFields();
}

const chosen = () => /** @type {Description} */ (operations.get(select.value));

function showFields() {
  const { summary, fields } = chosen();
  byId('api-summary').textContent = summary;
  byId('api-fields').replaceChildren(...fields.map(fieldset));
  byId('api-answer').replaceChildren();
  status.textContent = '';
}

/** @param {Field} field */
const idOf = ({ name }) => `api-field-${name}`;

/** @param {Field} field */
function fieldset(field) {
  const { name, isRequired, expected } = field;
  const id = idOf(field);
  const input = inputOf(field);
  input.id = id;
  input.setAttribute('aria-describedby', `${id}-hint`);
  if (isRequired) input.setAttribute('required', '');
  return make(
    'div',
    { class: 'field' },
    make('label', { for: id }, isRequired ? name : `${name} (optional)`),
    input,
    make('p', { class: 'hint', id: `${id}-hint` }, expected ?? ''),
  );
}

/** @param {Field} field */
function inputOf({ kind, choices = ['true', 'false'] }) {
  if (kind === 'json') return make('textarea', { rows: '5', spellcheck: 'false', placeholder: '{ }' });
  if (kind === 'text') return make('input', { autocomplete: 'off', spellcheck: 'false' });
  if (kind === 'number') return make('input', { type: 'number' });
  const options = ['', ...choices].map((choice) => make('option', { value: choice }, choice));
  return make('select', {}, ...options);
}

/**
 * @param {Field} field
 * @param {string} text
 * @throws Error if it is no JSON and has to be
 */
function readField({ kind, name }, text) {
  if (kind === 'text' || kind === 'choice') return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${name} is not JSON`);
  }
}

/** @param {Field[]} fields */
function inputsOf(fields) {
  const given = fields.flatMap((field) => {
    const { value } = /** @type {HTMLInputElement} */ (byId(idOf(field)));
    return value === '' ? [] : [[field.name, readField(field, value)]];
  });
  return Object.fromEntries(given);
}

async function send() {
  const { name, method, summary, fields } = chosen();
  try {
    const input = inputsOf(fields);
    if (method !== 'GET' && !(await isMeant(name, summary))) return;
    status.textContent = 'Asking …';
    const answer = await askAnything(name, input);
    const isGood = 'output' in answer;
    status.textContent = isGood ? `${name} has answered.` : `${name} says no: ${answer.problem.type}`;
    show(requestOf(method, name, input), isGood ? answer.output : answer.problem);
  } catch (error) {
    status.textContent = String(/** @type {Error} */ (error).message);
  }
}

/** @param {string} name @param {string} summary */
const isMeant = (name, summary) => confirmed({ question: `Do ${name}?`, explanation: summary, yes: 'Do it' });

/**
 * How a program would ask.
 * @param {string} method
 * @param {string} name
 * @param {Record<string, string>} input
 */
const requestOf = (method, name, input) =>
  method === 'GET'
    ? `GET /operator/${name}${Object.keys(input).length > 0 ? `?${new URLSearchParams(input)}` : ''}`
    : `POST /operator/${name}\n${JSON.stringify(input)}`;

/**
 * @param {string} request
 * @param {unknown} answer
 */
function show(request, answer) {
  byId('api-answer').replaceChildren(
    make('h3', {}, 'Request'),
    make('pre', {}, request),
    make('h3', {}, 'Answer'),
    make('pre', { tabindex: '0', 'aria-label': 'Answer' }, JSON.stringify(answer, undefined, 2)),
  );
}
