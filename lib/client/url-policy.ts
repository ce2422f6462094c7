/** Where a partner may send us. Its URLs are hostile until proven otherwise (CRED-14). */
import { promises as dns, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { PeerError } from './peer-error.ts';

/**
 * - `public`: https to public addresses
 * - `local`: the same, and http or https to loopback addresses, for runs on one machine
 */
export type UrlPolicy = 'public' | 'local';

/** @returns all addresses of a host name */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

/** DT-11 */
const longestUrl = 255;

const protocols: Record<UrlPolicy, readonly string[]> = { public: ['https:'], local: ['https:', 'http:'] };

const forbidden = (message: string) => new PeerError('forbidden-url', message);

const forbiddenAddress = (where: string, protocol: string) =>
  forbidden(`${where}, which is no address that a partner may have with ${protocol}//`);

/** All of the IPv6 that was ever given out for the public internet; embedded IPv4 of nearly every kind is outside of it. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || address.match(globalUnicast);
}

/**
 * @param address an IPv4 or IPv6 address
 * @param protocol `https:` or `http:`; the latter is for loopback alone
 */
export function isAllowedAddress(address: string, policy: UrlPolicy, protocol: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  if (policy === 'local' && parsed.range() === 'loopback') return true;
  return protocol === 'https:' && isPublic(parsed);
}

/**
 * Checks what can be known of a URL without looking up its host: that is checked when we connect, in `createLookup`.
 * @throws PeerError `forbidden-url`
 */
export function assertAllowed(url: URL, policy: UrlPolicy): void {
  if (!protocols[policy].includes(url.protocol)) {
    throw forbidden(`A partner's URL must begin with https:, and not with ${url.protocol}`);
  }
  if (url.username || url.password) throw forbidden("A partner's URL must not have a user name or password in it");
  if (url.port === '0') throw forbidden("A partner's URL must not have port 0");
  const address = url.hostname.replace(/^\[|\]$/g, '');
  // The socket looks up exactly what isIP does not know, so nothing falls between this check and the other.
  if (isIP(address) !== 0 && !isAllowedAddress(address, policy, url.protocol)) {
    throw forbiddenAddress(`A partner's URL leads to ${address}`, url.protocol);
  }
}

/**
 * Checks a URL that a partner gave us, before it is stored or asked.
 * @param maxLength in characters; OCPI's own limit unless we appended something ourselves (DT-11)
 * @throws PeerError `forbidden-url`
 */
export function checkUrl(text: string, policy: UrlPolicy, maxLength = longestUrl): URL {
  if (text.length > maxLength) throw forbidden(`A partner's URL must not be longer than ${maxLength} characters`);
  // The parser would drop or repair these silently, and we would use another URL than the partner wrote.
  if (/[\s\p{Cc}\\]/u.test(text)) throw forbidden("A partner's URL must not have spaces or backslashes in it");
  if (text.includes('#')) throw forbidden("A partner's URL must not have a fragment");
  const url = URL.parse(text);
  if (!url) throw forbidden("A partner's URL must be absolute, such as https://example.com/ocpi/versions");
  assertAllowed(url, policy);
  return url;
}

const systemResolve: Resolve = (hostname) => dns.lookup(hostname, { all: true });

/**
 * Makes the look-up for a socket. The addresses that are checked are those that the socket connects to, so a name that
 * is public now and private a moment later leads nowhere.
 * @param protocol what the socket is for, `https:` or `http:`
 * @returns a look-up that fails with PeerError `forbidden-url` if even one of the addresses is not allowed
 */
export function createLookup(policy: UrlPolicy, protocol: string, resolve: Resolve = systemResolve): LookupFunction {
  async function allowedAddresses(hostname: string): Promise<[LookupAddress, ...LookupAddress[]]> {
    const [first, ...others] = await resolve(hostname);
    if (!first) throw new Error(`${hostname} has no address`);
    const refused = [first, ...others].find(({ address }) => !isAllowedAddress(address, policy, protocol));
    if (refused) throw forbiddenAddress(`${hostname} leads to ${refused.address}`, protocol);
    return [first, ...others];
  }

  return (hostname, options, callback) => {
    allowedAddresses(hostname).then(
      (addresses) => {
        if (options.all) callback(null, addresses);
        else callback(null, addresses[0].address, addresses[0].family);
      },
      (error) => callback(error, ''),
    );
  };
}
