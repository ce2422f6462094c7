/** Shows the document of the version in the path, ready to be tried with the tokens of the demo partners. */

/**
 * @typedef {{ versions: string[], tokens: { emsp: string, cpo: string } }} Demo
 * @typedef {{ preauthorizeApiKey: (scheme: string, value: string) => void }} Viewer
 */

const nav = /** @type {HTMLElement} */ (document.querySelector('nav'));
const status = /** @type {HTMLElement} */ (document.querySelector('#callers'));

/** @param {string} path @returns {Promise<any>} */
async function read(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} is answered with ${response.status}`);
  return response.json();
}

/** @param {string[]} versions @param {string | undefined} shown */
function link(versions, shown) {
  for (const version of versions) {
    const a = document.createElement('a');
    a.href = `/docs/${version}`;
    a.textContent = `OCPI ${version}`;
    if (version === shown) a.setAttribute('aria-current', 'page');
    nav.append(a);
  }
}

async function show() {
  /** @type {Demo} */
  const { versions, tokens } = await read('/docs/demo.json');
  const version = location.pathname.split('/')[2] || versions.at(-1);
  link(versions, version);
  const spec = await read(`/openapi/${version}`);
  // The page may have been opened by another name of this machine than partners use.
  spec.servers = [{ url: location.origin }];

  /** How this version has a token in the header. @param {string} token */
  const authorization = (token) => `Token ${version === '2.1.1' ? token : btoa(token)}`;
  const { SwaggerUIBundle } = /** @type {{ SwaggerUIBundle: (options: object) => Viewer }} */ (
    /** @type {unknown} */ (globalThis)
  );
  const viewer = SwaggerUIBundle({
    spec,
    dom_id: '#viewer',
    validatorUrl: 'none',
    deepLinking: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    onComplete() {
      viewer.preauthorizeApiKey('emsp', authorization(tokens.emsp));
      viewer.preauthorizeApiKey('cpo', authorization(tokens.cpo));
      status.textContent = 'Requests go to this server, as the demo partners: Authorize changes that.';
    },
  });
}

show().catch((error) => {
  status.textContent = `Nothing to show: ${error.message}`;
});
