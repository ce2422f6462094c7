/** A real browser, where there is one: Debian's Chromium, asked by playwright-core. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Why there is none, if there is none. */
export const noBrowser = existsSync(executablePath) ? undefined : `there is no ${executablePath}`;

/** Without whatever else it would ask of the network. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const startBrowser = (): Promise<Browser> => chromium.launch({ executablePath, args });
