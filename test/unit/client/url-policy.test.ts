import type { LookupAddress, LookupOptions } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { PeerError } from '../../../lib/client/peer-error.ts';
import { checkUrl, createLookup, isAllowedAddress, type Resolve } from '../../../lib/client/url-policy.ts';
import { resolvingTo } from './support.ts';

const forbiddenUrl = expect.objectContaining({ name: 'PeerError', kind: 'forbidden-url' });

const publicAddresses = ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::1'];

const privateAddresses = {
  'this host': ['0.0.0.0', '0.1.2.3', '::'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  'link-local': ['169.254.0.1', 'fe80::1', 'febf::1'],
  metadata: ['169.254.169.254', '169.254.170.2', 'fd00:ec2::254'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  'reserved and for documentation': ['192.0.0.1', '192.0.2.1', '198.18.0.1', '203.0.113.1', '240.0.0.1', '2001:db8::1'],
  broadcast: ['255.255.255.255'],
  'unique local and site-local': ['fc00::1', 'fdff::1', 'fec0::1'],
  'IPv4-mapped': ['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:8.8.8.8'],
  'IPv4-compatible': ['::127.0.0.1', '::a9fe:a9fe'],
  'IPv4-translated': ['::ffff:0:127.0.0.1'],
  '6to4': ['2002:7f00:1::', '2002:a9fe:a9fe::1'],
  NAT64: ['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::a00:1'],
  Teredo: ['2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  'outside of what is given out': ['100::1', '4000::1', '5f00::1', '3fff::1'],
  'no address at all': ['', 'localhost', '127.1', '8.8.8', '8.8.8.8.8'],
};

describe('isAllowedAddress', () => {
  it.each(publicAddresses)('%s may be asked over https (CRED-14)', (address) => {
    expect(isAllowedAddress(address, 'public', 'https:')).toBe(true);
    expect(isAllowedAddress(address, 'local', 'https:')).toBe(true);
  });

  it.each(Object.entries(privateAddresses))('%s is refused (CRED-14)', (_, addresses) => {
    for (const address of addresses)
      expect([address, isAllowedAddress(address, 'public', 'https:')]).toEqual([address, false]);
  });

  it.each(['127.0.0.1', '127.0.0.2', '::1'])('%s may be asked in local runs, over http too', (address) => {
    expect(isAllowedAddress(address, 'local', 'http:')).toBe(true);
    expect(isAllowedAddress(address, 'local', 'https:')).toBe(true);
  });

  it.each(['8.8.8.8', '10.0.0.1', '169.254.169.254', '0.0.0.0', '::', 'fe80::1'])(
    'http to %s is refused even in local runs',
    (address) => expect(isAllowedAddress(address, 'local', 'http:')).toBe(false),
  );

  it.each(['10.0.0.1', '169.254.169.254', '0.0.0.0', '::', 'fd00::1'])(
    'https to %s is refused even in local runs',
    (address) => expect(isAllowedAddress(address, 'local', 'https:')).toBe(false),
  );
});

describe('checkUrl', () => {
  it.each([
    'https://example.com/ocpi/versions',
    'https://example.com:8443/ocpi/versions?tenant=1',
    'https://8.8.8.8/versions',
    'https://[2606:4700::1111]:65535/',
  ])('takes %s', (url) => expect(checkUrl(url, 'public').href).toBe(url));

  it.each([
    ['plain http', 'http://example.com/ocpi/versions'],
    ['another protocol', 'ftp://example.com/'],
    ['a file', 'file:///etc/passwd'],
    ['inline data', 'data:application/json,[]'],
    ['a user name', 'https://user@example.com/'],
    ['a password', 'https://:secret@example.com/'],
    ['a host that poses as a user name', 'https://example.com@127.0.0.1/'],
    ['a fragment', 'https://example.com/#top'],
    ['an empty fragment', 'https://example.com/#'],
    ['port 0', 'https://example.com:0/'],
    ['a port beyond 65535', 'https://example.com:65536/'],
    ['a relative URL', '/ocpi/versions'],
    ['no host', 'https://'],
    ['nothing', ''],
    ['a space before', ' https://example.com/'],
    ['a line break in the host', 'https://exam\nple.com/'],
    ['a tab', 'https://example.com/\tversions'],
    ['a backslash', 'https:\\\\example.com\\versions'],
  ])('refuses %s (CRED-14)', (_, url) => expect(() => checkUrl(url, 'public')).toThrow(forbiddenUrl));

  it.each([
    ['loopback', 'https://127.0.0.1/'],
    ['loopback, shortened', 'https://127.1/'],
    ['loopback, decimal', 'https://2130706433/'],
    ['loopback, octal', 'https://0177.0.0.01/'],
    ['loopback, octal in one', 'https://017700000001/'],
    ['loopback, hexadecimal', 'https://0x7f000001/'],
    ['loopback, mixed', 'https://0x7f.1/'],
    ['loopback, full-width digits', 'https://１２７.0.0.1/'],
    ['loopback, full-width stops', 'https://127。0。0。1/'],
    ['loopback, percent-encoded', 'https://%31%32%37.0.0.1/'],
    ['loopback, with the dot of the root', 'https://127.0.0.1./'],
    ['loopback, IPv6', 'https://[::1]/'],
    ['loopback, IPv6 in full', 'https://[0:0:0:0:0:0:0:1]/'],
    ['loopback, IPv4-mapped', 'https://[::ffff:127.0.0.1]/'],
    ['loopback, IPv4-mapped in hexadecimal', 'https://[::ffff:7f00:1]/'],
    ['loopback, IPv4-compatible', 'https://[::127.0.0.1]/'],
    ['metadata', 'https://169.254.169.254/latest/meta-data/'],
    ['metadata, decimal', 'https://2852039166/'],
    ['metadata, hexadecimal', 'https://0xa9fea9fe/'],
    ['metadata, octal', 'https://0251.0376.0251.0376/'],
    ['metadata, IPv6', 'https://[fd00:ec2::254]/'],
    ['metadata, IPv4-mapped', 'https://[::ffff:169.254.169.254]/'],
    ['metadata, NAT64', 'https://[64:ff9b::169.254.169.254]/'],
    ['metadata, 6to4', 'https://[2002:a9fe:a9fe::]/'],
    ['private', 'https://10.0.0.1/'],
    ['private, overflowing', 'https://192.168.257/'],
    ['this host', 'https://0/'],
    ['this host, IPv6', 'https://[::]/'],
    ['link-local', 'https://[fe80::1]/'],
  ])('refuses an address without asking anybody: %s (CRED-14)', (_, url) =>
    expect(() => checkUrl(url, 'public')).toThrow(forbiddenUrl),
  );

  it('takes 255 characters and no more, unless told (DT-11)', () => {
    const url = `https://example.com/${'a'.repeat(235)}`;
    expect(url).toHaveLength(255);
    expect(checkUrl(url, 'public').href).toBe(url);
    expect(() => checkUrl(`${url}a`, 'public')).toThrow(forbiddenUrl);
    expect(checkUrl(`${url}a`, 'public', 256).href).toBe(`${url}a`);
  });

  it.each([
    'http://127.0.0.1:3000/ocpi/versions',
    'http://[::1]:3000/',
    'http://localhost:3000/',
    'https://127.0.0.1/',
  ])('takes %s in local runs', (url) => expect(checkUrl(url, 'local').href).toBe(url));

  it.each(['http://8.8.8.8/', 'http://10.0.0.1/', 'http://0.0.0.0/', 'https://169.254.169.254/', 'ftp://127.0.0.1/'])(
    'refuses %s even in local runs',
    (url) => expect(() => checkUrl(url, 'local')).toThrow(forbiddenUrl),
  );

  it('says nothing of the credentials in a URL', () => {
    expect(() => checkUrl('https://user:hunter2@example.com/', 'public')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
    );
  });
});

type Looked = string | LookupAddress[];

function lookUp(hostname: string, resolve: Resolve, options: LookupOptions = { all: true }, protocol = 'https:') {
  return new Promise<Looked>((done, reject) => {
    createLookup('public', protocol, resolve)(hostname, options, (error, address) =>
      error ? reject(error) : done(address),
    );
  });
}

describe('createLookup', () => {
  it('gives the socket the addresses that it checked', async () => {
    const resolve = resolvingTo('8.8.8.8', '2606:4700::1111');
    await expect(lookUp('example.com', resolve)).resolves.toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
    await expect(lookUp('example.com', resolve, { all: false })).resolves.toBe('8.8.8.8');
  });

  it.each(
    Object.values(privateAddresses)
      .flat()
      .filter((address) => address.includes('.') || address.includes(':')),
  )('refuses a name that leads to %s (CRED-14)', (address) =>
    expect(lookUp('example.com', resolvingTo(address))).rejects.toEqual(forbiddenUrl),
  );

  it('refuses a name if only one of its addresses is private (CRED-14)', async () => {
    await expect(lookUp('example.com', resolvingTo('8.8.8.8', '10.0.0.1'))).rejects.toEqual(forbiddenUrl);
    await expect(lookUp('example.com', resolvingTo('8.8.8.8', '::1'), { all: false })).rejects.toEqual(forbiddenUrl);
  });

  it('does not trust a name for what it was before (CRED-14)', async () => {
    const answers = ['8.8.8.8', '127.0.0.1'];
    const rebinding: Resolve = (hostname) => resolvingTo(answers.shift() ?? '')(hostname);
    await expect(lookUp('example.com', rebinding)).resolves.toEqual([{ address: '8.8.8.8', family: 4 }]);
    await expect(lookUp('example.com', rebinding)).rejects.toEqual(forbiddenUrl);
  });

  it('passes on that a name is unknown', async () => {
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND example.com'), { code: 'ENOTFOUND' });
    await expect(lookUp('example.com', () => Promise.reject(unknown))).rejects.toBe(unknown);
    await expect(lookUp('example.com', resolvingTo())).rejects.not.toBeInstanceOf(PeerError);
  });
});
