/**
 * Whether a request comes straight from a program or a page of this machine that means this very server. Local does not mean loopback:
 * a tunnel that brings a peer's test system to a laptop comes from loopback too, and so does any page that a browser here has open.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Headers of whoever passes a request on. */
const forwarding = /^(forwarded|via|x-forwarded-.*|x-real-ip|x-original-.*|true-client-ip|cf-.*|x-envoy-.*|ngrok-.*)$/;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Takes the same time whatever is wrong with it. */
export const isSameSecret = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

/** @param rawHeaders names and values in turn, as node:http lists them @returns why the request is refused, if it is */
export type LocalGate = (rawHeaders: readonly string[]) => string | undefined;

/** For what listens on a port of 127.0.0.1. It looks at where a request comes from; the key is another matter. */
export function localGate(port: number): LocalGate {
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]);
  return (rawHeaders) => {
    const headers = headersOf(rawHeaders);
    const host = headers.get('host') ?? '';
    const origin = headers.get('origin');
    const site = headers.get('sec-fetch-site');
    // A name that was made to lead here says its own name in Host.
    if (!hosts.has(host.toLowerCase())) return 'Host is not this server';
    if (origin !== undefined && origin !== `http://${host}`) return 'it comes from the page of another origin';
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'it comes from another site';
    if ([...headers.keys()].some((name) => forwarding.test(name))) return 'it was passed on by a proxy or a tunnel';
    return undefined;
  };
}

/** Names in lower case; of several with one name all, joined, so that none hides behind another. */
export function headersOf(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const before = headers.get(name);
    headers.set(name, before === undefined ? (rawHeaders[i + 1] ?? '') : `${before}, ${rawHeaders[i + 1]}`);
  }
  return headers;
}
