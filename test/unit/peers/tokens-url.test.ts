/** Where the Tokens module of a peer is. */
import { describe, expect, test } from 'vitest';
import type { Peer } from '../../../lib/peers/peer.ts';
import { tokensUrlOf } from '../../../lib/peers/tokens-url.ts';
import { syncedPeer } from '../../support/lanes.ts';

const cpo = 'https://a.example/ocpi/cpo/2.1.1/tokens/';
const emsp = 'https://a.example/ocpi/emsp/2.1.1/tokens/';

function legacy(ourRole: 'CPO' | 'EMSP', urls: readonly string[]): Peer {
  const them = syncedPeer('acme');
  const endpoints = urls.map((url) => ({ identifier: 'tokens', url }));
  return { ...them, version: '2.1.1', ourRole, connection: { ...them.connection, endpoints } } as Peer;
}

describe('in 2.1.1, where an endpoint names no role', () => {
  test.each([
    ['CPO', [cpo, emsp], emsp],
    ['CPO', [emsp, cpo], emsp],
    ['EMSP', [cpo, emsp], cpo],
    ['EMSP', [emsp, cpo], cpo],
    ['CPO', ['https://a.example/tokens', 'https://a.example/other'], 'https://a.example/tokens'],
    ['CPO', [cpo], cpo],
    ['CPO', [], undefined],
  ] as const)('we as %s, they announce %j', (ourRole, urls, expected) => {
    const [theirs, other] = ourRole === 'CPO' ? (['SENDER', 'RECEIVER'] as const) : (['RECEIVER', 'SENDER'] as const);
    expect(tokensUrlOf(legacy(ourRole, urls), theirs)).toBe(expected);
    expect(tokensUrlOf(legacy(ourRole, urls), other)).toBeUndefined();
  });
});
