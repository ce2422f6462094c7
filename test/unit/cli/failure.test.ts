import { describe, expect, test } from 'vitest';
import { toFailure } from '../../../lib/cli/failure.ts';
import { PeerError } from '../../../lib/client/peer-error.ts';
import { HandshakeError } from '../../../lib/credentials/initiate.ts';
import { cannotUseApi, endpointsMissing, versionNotOffered } from '../../../lib/errors.ts';

const unreachable = new PeerError('unreachable', 'a.example cannot be reached');
const refused = new PeerError('refused', 'a.example answered HTTP 401', { http: 401, status_code: 2000 });

describe('a failure with a partner', () => {
  test.each([
    ['unreachable', unreachable, 4],
    ['broken', new PeerError('broken', 'x'), 4],
    ['refused', refused, 1],
    ['forbidden', new PeerError('forbidden-url', 'x'), 1],
    ['unreachable in the handshake', new HandshakeError('x', { cause: unreachable }), 4],
    ['unreachable in the discovery', cannotUseApi('x', unreachable), 4],
    ['refused in the handshake', new HandshakeError('x', { cause: refused }), 1],
    ['without a version', versionNotOffered('2.3.0'), 1],
  ])('%s has its exit code, and one line', (_, error, exitCode) => {
    const failure = toFailure(error);
    expect(failure.exitCode).toBe(exitCode);
    expect(failure.message).toMatch(/^[^\n]+$/);
  });

  test.each([
    [cannotUseApi('Your API could not be used: x', refused), /^a\.example answered HTTP 401\. Nothing .* new token A/],
    [cannotUseApi('x', unreachable), /^a\.example cannot be reached\. Nothing has changed\. Try again later$/],
    [versionNotOffered('2.3.0'), /^Their versions endpoint does not list version 2\.3\.0\. Nothing has changed$/],
    [endpointsMissing(['tokens']), /^Their version details lack .*: tokens\. .*--requires-tokens no$/],
    [new HandshakeError('Said', { cause: new PeerError('refused', 'x', { http: 405 }) }), /^Said\. .*unregister/],
    [new HandshakeError('Said', { cause: new PeerError('refused', 'x', { status_code: 3001 }) }), /^Said\. .*doctor$/],
    [new HandshakeError('Said, and run again', { cause: unreachable }), /^Said, and run again$/],
  ])('%s says what to do', (error, message) => {
    expect(toFailure(error).message).toMatch(message);
  });
});
