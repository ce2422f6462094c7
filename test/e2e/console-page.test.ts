/** The page in a real browser, of the real local server, with a partner whose name is markup. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ConsoleServer } from '../../lib/console/server.ts';
import { invitePeer, registerPeer } from '../../lib/operator/api/peers.ts';
import { getOwnToken } from '../../lib/operator/api/tokens.ts';
import { noBrowser, startBrowser } from '../support/browser.ts';
import { consoleOf, type OwnersInstance, startOwned } from '../support/console.ts';
import { type LocalServerProcess, startLocalServer } from '../support/local-server.ts';

if (noBrowser) console.warn(`The page of the console is not tested: ${noBrowser}`);

const markup = `<img src=x onerror="document.title='run'">`;
const receivedToken = {
  country_code: 'DE',
  party_id: 'DMS',
  uid: 'DEMO0002',
  type: 'RFID',
  contract_id: 'DE-DMS-1',
  issuer: markup,
  valid: true,
  whitelist: 'ALLOWED',
  last_updated: '2026-01-01T00:00:00Z',
};

let browser: Browser;
let context: BrowserContext;
let ours: LocalServerProcess;
let partner: OwnersInstance;
let readOnly: ConsoleServer;
let writing: ConsoleServer;

const ofDemo = (role: string) => ({ Authorization: `Token demo-${role}-token` });

describe.skipIf(noBrowser)('the page', () => {
  beforeAll(async () => {
    [browser, ours, partner] = await Promise.all([
      startBrowser(),
      startLocalServer(),
      startOwned({ parties: 'EMSP DE BAD, CPO DE BAD', config: { business: { name: markup, website: undefined } } }),
    ]);
    context = await browser.newContext();
    const { token: tokenA } = await ours.client.call(invitePeer, {
      id: 'bad',
      settings: { expectedRoles: ['EMSP', 'CPO'] },
    });
    await partner.client.call(registerPeer, { versionsUrl: `${ours.url}/ocpi/versions`, tokenA, id: 'us' });
    await fetch(`${ours.url}/ocpi/cpo/2.2.1/tokens/DE/DMS/DEMO0002`, {
      method: 'PUT',
      headers: ofDemo('emsp'),
      body: JSON.stringify(receivedToken),
    });
    readOnly = await consoleOf(ours.client, { isLocal: true });
    writing = await consoleOf(ours.client, { isLocal: true, mayWrite: true });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await Promise.all([readOnly?.close(), writing?.close(), partner?.stop()]);
    await ours?.stop();
  }, 30_000);

  /** What the browser had to complain about. */
  const complaints: string[] = [];
  afterEach(async () => {
    await Promise.all(context.pages().map((page) => page.close()));
    complaints.length = 0;
  });

  async function visit(url: string): Promise<Page> {
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url);
    return page;
  }

  async function openPage(console = readOnly): Promise<Page> {
    const page = await visit(console.newLink());
    await page.getByRole('article').first().waitFor();
    return page;
  }

  const cardOf = (page: Page, name: string) => page.getByRole('article', { name, exact: true });

  async function search(page: Page, uid: string) {
    await page.getByRole('link', { name: 'Cards' }).click();
    await page.getByLabel('uid of a card').fill(uid);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.locator('#card-status', { hasText: uid }).waitFor();
  }

  test('opens, lists the partners with their state, and the browser has no complaint', async () => {
    const page = await openPage();
    expect(await page.getByRole('article').count()).toBe(3);
    expect(await cardOf(page, 'bad').innerText()).toContain('registered');
    expect(await cardOf(page, 'demo-cpo').innerText()).toContain('CPO FR DCP');
    expect(await page.getByText('read-only').isVisible()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('examines our side and a partner, by the keyboard alone', async () => {
    const page = await openPage();
    await page.getByRole('button', { name: 'Examine our side' }).press('Enter');
    await page.locator('#peers-status', { hasText: /Our side is well|Something is wrong/ }).waitFor();
    expect(await page.locator('#platform-findings').innerText()).toContain('250 of NL LMS');
    await cardOf(page, 'bad').getByRole('button', { name: 'Examine' }).press('Enter');
    const found = cardOf(page, 'bad').getByRole('status');
    await found.getByText('clock', { exact: true }).waitFor();
    expect(await found.innerText()).toContain('our token is taken, and they are whom we know');
    await page.setViewportSize({ width: 380, height: 800 });
    const isTooWide = await page.evaluate<boolean>(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    );
    expect(isTooWide).toBe(false);
    expect(complaints).toEqual([]);
  });

  test('keeps the key of its link in no address, and opens only once', async () => {
    const link = readOnly.newLink();
    const page = await visit(link);
    await page.getByRole('article').first().waitFor();
    expect(page.url()).toBe(`${new URL(link).origin}/`);
    await page.reload();
    await page.getByRole('alert').filter({ hasText: 'a link of its own' }).waitFor();
    const again = await visit(link);
    await again.getByRole('alert').filter({ hasText: 'This link has been used' }).waitFor();
  });

  test("shows a partner's words as text, and none becomes markup", async () => {
    const page = await openPage();
    expect(await cardOf(page, 'bad').innerText()).toContain(markup);
    await search(page, 'DEMO0002');
    expect(await page.locator('#card-found').innerText()).toContain(markup);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('OCPI Tokens');
  });

  test('runs no script and no handler that somebody brings in, and asks no other host', async () => {
    const page = await openPage();
    await page.evaluate(`
      document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(markup)});
      const script = document.createElement('script');
      script.textContent = "document.title = 'run'";
      document.body.append(script);
      fetch(${JSON.stringify(ours.operator.url)}).catch(() => {});
    `);
    await expect.poll(() => complaints.join('\n')).toContain('connect-src');
    expect(complaints.join('\n')).toContain('script-src');
    expect(await page.title()).toBe('OCPI Tokens');
  });

  test('finds all that there is about a card', async () => {
    const page = await openPage();
    await search(page, 'DEMO0002');
    const own = await cardOf(page, 'Our own Token, RFID').innerText();
    expect(own).toContain('NL LMS');
    expect(own).toContain('all locations');
    expect(await cardOf(page, 'Received from DE DMS, RFID').innerText()).toContain('DE-DMS-1');
    await search(page, 'NOBODYS');
    expect(await page.getByRole('status').filter({ hasText: 'Nobody has a Token NOBODYS' }).isVisible()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('shows how far push and pull are with a partner, and steers them, with --write', async () => {
    const page = await openPage(writing);
    const card = cardOf(page, 'bad');
    await card.getByText('Push and pull').press('Enter');
    const push = card.getByRole('region', { name: 'Push' });
    await push.getByRole('button', { name: 'Pause' }).press('Enter');
    await push.getByText('paused', { exact: true }).waitFor();
    // What is shown is another one by now, and the keyboard is where it was.
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Resume');
    await push.getByRole('button', { name: 'Resume' }).click();
    await push.getByText('paused', { exact: true }).waitFor({ state: 'detached' });
    await expect
      .poll(() => card.getByRole('region', { name: 'Pull' }).innerText())
      .toMatch(/last of all\s+.* UTC, \d+ read/);

    await search(page, 'DEMO0003');
    await page.getByText('Which partners know').click();
    const known = page.getByRole('listitem').filter({ hasText: 'bad' });
    expect(await known.innerText()).toMatch(/^(told|waiting)\s*bad$/);
    expect(complaints).toEqual([]);
  });

  test('has no button that steers, without --write, and fits a narrow screen', async () => {
    const page = await openPage();
    await page.setViewportSize({ width: 380, height: 800 });
    await cardOf(page, 'bad').getByText('Push and pull').click();
    await cardOf(page, 'bad').getByRole('region', { name: 'Push' }).waitFor();
    expect(await page.getByRole('button', { name: /Pause|Resume|All again/ }).count()).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(380);
  });

  test('shows the last requests of partners', async () => {
    const page = await openPage();
    await page.getByRole('link', { name: 'Requests' }).click();
    const row = page.getByRole('row').filter({ hasText: 'PUT /ocpi/cpo/' });
    await row.waitFor();
    expect(await row.innerText()).toContain('demo-emsp');
    expect(await page.locator('#requests').innerText()).not.toContain('DEMO0002');
  });

  test('tries out an operation that reads, and offers none that changes', async () => {
    const page = await openPage();
    await page.getByRole('link', { name: 'API' }).click();
    const operations = page.getByLabel('Operation');
    expect(await operations.innerText()).not.toContain('tokens/block');
    await operations.selectOption('tokens/list');
    await page.getByLabel('limit').fill('2');
    await page.getByRole('button', { name: 'Send' }).click();
    const answer = page.getByLabel('Answer');
    await answer.waitFor();
    expect(JSON.parse(await answer.innerText())).toMatchObject({ total: 250, tokens: [{}, {}] });
    await page.getByLabel('limit').fill('many');
    await page.getByRole('button', { name: 'Send' }).click();
    await answer.filter({ hasText: 'a whole number from 1 to 1000' }).waitFor();
  });

  test('has no button that changes anything, without --write', async () => {
    const page = await openPage();
    await search(page, 'DEMO0002');
    expect(await page.getByRole('button', { name: /block|rotate/i, includeHidden: true }).count()).toBe(0);
  });

  test('blocks and unblocks a card, after a question, with --write', async () => {
    const page = await openPage(writing);
    await search(page, 'DEMO0003');
    const isBlocked = async () =>
      (await ours.client.call(getOwnToken, { uid: 'DEMO0003' })).settings.block?.why ?? 'not blocked';
    await page.getByRole('button', { name: 'Block …', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await isBlocked()).toBe('not blocked');
    await page.getByRole('button', { name: 'Block …', exact: true }).click();
    await page.getByLabel('Why').fill('lost');
    await page.getByRole('button', { name: 'Block', exact: true }).click();
    await page.getByRole('button', { name: 'Unblock …' }).waitFor();
    expect(await isBlocked()).toBe('lost');
    await page.getByRole('button', { name: 'Unblock …' }).click();
    await page.getByRole('button', { name: 'Unblock', exact: true }).click();
    await page.getByRole('button', { name: 'Block …', exact: true }).waitFor();
    expect(await isBlocked()).toBe('not blocked');
  });

  test('a question that is put again at once has an answer of its own', async () => {
    const page = await openPage(writing);
    await search(page, 'DEMO0004');
    await page.getByRole('button', { name: 'Block …', exact: true }).click();
    await page.evaluate(
      "document.getElementById('confirm-no').click(); document.querySelector('#card-found button').click()",
    );
    await page.getByRole('button', { name: 'Block', exact: true }).click();
    await page.getByRole('button', { name: 'Unblock …' }).waitFor();
  });

  test('exchanges new tokens with a partner, after a question, with --write', async () => {
    const page = await openPage(writing);
    await cardOf(page, 'bad').getByRole('button', { name: 'Rotate tokens' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate tokens' }).click();
    await page.getByRole('status').filter({ hasText: 'New tokens are in use with bad' }).waitFor();
    expect(await cardOf(page, 'demo-cpo').getByRole('button', { name: 'Rotate tokens' }).count()).toBe(0);
  });

  test('is used with the keyboard alone', async () => {
    const page = await openPage(writing);
    const focused = () => page.evaluate('document.activeElement.textContent.trim()');
    const tabTo = async (text: string) => {
      for (let i = 0; i < 30 && (await focused()) !== text; i++) await page.keyboard.press('Tab');
      expect(await focused()).toBe(text);
    };
    await tabTo('Cards');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('card-title');
    await page.keyboard.press('Tab');
    await page.keyboard.type('DEMO0001');
    await page.keyboard.press('Enter');
    await cardOf(page, 'Our own Token, RFID').waitFor();
    await tabTo('Block …');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Cancel');
    await page.keyboard.press('Escape');
    await expect.poll(focused).toBe('Block …');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Cancel');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Block');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Unblock …');
  });

  test('fits a screen of 360 pixels, in every section', async () => {
    const page = await openPage();
    await page.setViewportSize({ width: 360, height: 740 });
    const width = () => page.evaluate('document.documentElement.scrollWidth');
    await page.getByText('All that is known').first().click();
    expect(await width()).toBe(360);
    await search(page, 'DEMO0002');
    expect(await width()).toBe(360);
    await page.getByRole('link', { name: 'Requests' }).click();
    await page.getByRole('row').first().waitFor();
    expect(await width()).toBe(360);
    await page.getByRole('link', { name: 'API' }).click();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByLabel('Answer').waitFor();
    expect(await width()).toBe(360);
  });

  test('says so when the console has been stopped', async () => {
    const stopped = await consoleOf(ours.client);
    const page = await openPage(stopped);
    expect(await page.getByRole('link', { name: 'Requests' }).count()).toBe(0);
    await stopped.close();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('The console has been stopped').waitFor();
  });

  test('npm start prints the command for it', () => {
    expect(ours.printed).toContain(`npm run cli -- --data-dir "${ours.dataDir}" console`);
  });
});
