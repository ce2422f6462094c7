/** The files of the page, as they stand in its folder: what a browser runs is what there is to read. */
import { readFileSync } from 'node:fs';

export interface PageFile {
  type: string;
  body: Buffer;
}

const types = { html: 'text/html', css: 'text/css', js: 'text/javascript' } as const;

const names = [
  'index.html',
  'style.css',
  'main.js',
  'ask.js',
  'elements.js',
  'confirm.js',
  'peers.js',
  'lanes.js',
  'card.js',
  'requests.js',
  'try-out.js',
] as const;

/** By path; a list, so that no path leads to another file. */
export function pageFiles(): Map<string, PageFile> {
  return new Map(
    names.map((name) => {
      const type = types[name.slice(name.lastIndexOf('.') + 1) as keyof typeof types];
      const body = readFileSync(new URL(`page/${name}`, import.meta.url));
      return [name === 'index.html' ? '/' : `/${name}`, { type: `${type}; charset=utf-8`, body }];
    }),
  );
}
