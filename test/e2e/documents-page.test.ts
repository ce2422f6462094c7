/** The documents for partners' developers, as the local server serves them, and the page to try them in a real browser. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { versionNumbers } from '../../lib/ocpi/versions.ts';
import { noBrowser, startBrowser } from '../support/browser.ts';
import { type LocalServerProcess, startLocalServer } from '../support/local-server.ts';

if (noBrowser) console.warn(`The page of the documents is not tested: ${noBrowser}`);

let ours: LocalServerProcess;
beforeAll(async () => {
  ours = await startLocalServer();
});
afterAll(() => ours?.stop());

describe('the documents', () => {
  test.each(versionNumbers)('that of %s is for everybody, and any viewer may load and keep it', async (version) => {
    const response = await fetch(`${ours.url}/openapi/${version}`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': expect.stringMatching(/^public, max-age=\d+$/),
      'access-control-allow-origin': '*',
    });
    expect(await response.json()).toMatchObject({
      openapi: expect.stringMatching(/^3\.1\./),
      info: { version },
      servers: [{ url: ours.url }],
    });
  });

  test('there is none of a version that we do not serve, and it has no other method', async () => {
    const unknown = await fetch(`${ours.url}/openapi/2.0`);
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { status_code: 3002 }]);
    const posted = await fetch(`${ours.url}/openapi/2.2.1`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET']);
  });

  test('npm start prints the link of the page, which leads to no other file', async () => {
    expect(ours.printed).toContain(`${ours.url}/docs\n`);
    for (const path of ['../main.ts', 'package.json', 'toString', '2.0']) {
      const { status } = await fetch(`${ours.url}/docs/${encodeURIComponent(path)}`);
      expect([path, status]).toEqual([path, 404]);
    }
  });
});

describe.skipIf(noBrowser)('the page', () => {
  let browser: Browser;
  let context: BrowserContext;
  beforeAll(async () => {
    browser = await startBrowser();
    context = await browser.newContext();
  });
  afterAll(() => browser?.close());

  /** What the browser had to complain about, and whom it asked. */
  const complaints: string[] = [];
  const asked: string[] = [];
  afterEach(async () => {
    await Promise.all(context.pages().map((page) => page.close()));
    const strangers = asked.filter((url) => new URL(url).origin !== ours.url && !url.startsWith('data:'));
    expect([complaints.splice(0), strangers, asked.splice(0).length]).toEqual([[], [], expect.any(Number)]);
  });

  async function openPage(version: string, width = 1280): Promise<Page> {
    const page = await context.newPage();
    // The time that a test has is the limit.
    page.setDefaultTimeout(0);
    await page.setViewportSize({ width, height: 900 });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${ours.url}/docs/${version}`);
    await page.getByText('Requests go to this server').waitFor();
    return page;
  }

  /** Opens an operation and sends what stands there. @returns what the page shows of the answer */
  async function tryOut(page: Page, tag: string, operationId: string): Promise<string> {
    const operation = page.locator(`#operations-${tag}-${operationId}`);
    await operation.locator('button').first().click();
    await operation.getByRole('button', { name: 'Execute' }).click();
    const answer = operation.locator('.live-responses-table');
    await answer.waitFor();
    return answer.innerText();
  }

  test('tries what is documented, as the demo partners, as it stands there', async () => {
    const page = await openPage('2.2.1');
    expect(await page.locator('nav a[aria-current]').innerText()).toBe('OCPI 2.2.1');
    for (const [tag, operationId, says] of [
      ['Receiver', 'putToken', '"status_code": 1000'],
      ['Receiver', 'getToken', '"uid": "04E1F2A3B4C5D7"'],
      ['Sender', 'listTokens', '"uid": "DEMO0002"'],
      ['Sender', 'authorizeToken', '"allowed": "ALLOWED"'],
      ['Versions', 'getVersion', '"identifier": "tokens"'],
    ] as const) {
      const answer = await tryOut(page, tag, operationId);
      expect(answer, operationId).toContain(says);
      expect(answer, operationId).toContain('x-request-id');
    }
  });

  test('leads from one version to another, and fits a screen of 360 pixels with an answer open', async () => {
    const page = await openPage('', 360);
    expect(await page.locator('nav a[aria-current]').innerText()).toBe('OCPI 2.3.0');
    await page.getByRole('link', { name: 'OCPI 2.1.1' }).click();
    await page.getByRole('heading', { name: 'OCPI 2.1.1 Tokens' }).waitFor();
    await page.getByText('Requests go to this server').waitFor();
    expect(await tryOut(page, 'Sender', 'listTokens')).toContain('"auth_id": "NL-LMS-C00000002"');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  test('says so when there is nothing to show', async () => {
    const page = await context.newPage();
    page.setDefaultTimeout(0);
    await page.route('**/openapi/**', (route) => route.fulfill({ status: 503 }));
    await page.goto(`${ours.url}/docs/2.2.1`);
    await page.getByText('Nothing to show: /openapi/2.2.1 is answered with 503').waitFor();
  });
});
