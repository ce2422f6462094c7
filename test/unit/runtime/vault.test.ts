import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { openVault } from '../../../lib/runtime/vault.ts';

const folder = mkdtempSync(join(tmpdir(), 'vault-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllGlobals());

describe('a key file', () => {
  const vault = openVault(`file:${join(folder, 'new/secrets.key')}`);

  test('what is sealed opens for the same peer, in another process too', async () => {
    const sealed = await vault.seal('a secret', 'de-dms');
    expect(sealed).not.toContain('a secret');
    expect(await openVault(`file:${join(folder, 'new/secrets.key')}`).unseal(sealed, 'de-dms')).toBe('a secret');
  });

  test('is for its owner only', async () => {
    await vault.seal('a secret', 'de-dms');
    expect(statSync(join(folder, 'new/secrets.key')).mode & 0o777).toBe(0o600);
  });

  test('seals differently each time, and nothing opens for another peer, another key, or changed', async () => {
    const sealed = await vault.seal('a secret', 'de-dms');
    expect(await vault.seal('a secret', 'de-dms')).not.toBe(sealed);
    await expect(vault.unseal(sealed, 'fr-dcp')).rejects.toThrow();
    await expect(openVault(`file:${join(folder, 'other.key')}`).unseal(sealed, 'de-dms')).rejects.toThrow();
    const changed = Buffer.from(sealed, 'base64');
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    await expect(vault.unseal(changed.toString('base64'), 'de-dms')).rejects.toThrow();
  });
});

/** KMS is not to be had here: these tests hold what is sent to it against its API. */
describe('a KMS key', () => {
  const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/abcd';

  function stubKms(status: number, answer: object) {
    const requests: { url: string; headers: Record<string, string>; body: Record<string, unknown> }[] = [];
    vi.stubGlobal('fetch', async (url: string, init: { headers: Record<string, string>; body: string }) => {
      requests.push({ url, headers: init.headers, body: JSON.parse(init.body) as Record<string, unknown> });
      return new Response(JSON.stringify(answer), { status });
    });
    return requests;
  }

  test('seals with the peer as encryption context, in a signed request', async () => {
    const requests = stubKms(200, { CiphertextBlob: 'c2VhbGVk' });
    expect(await openVault(`kms:${keyArn}`).seal('a secret', 'de-dms')).toBe('c2VhbGVk');
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      url: 'https://kms.eu-west-1.amazonaws.com/',
      headers: { 'x-amz-target': 'TrentService.Encrypt', 'content-type': 'application/x-amz-json-1.1' },
      body: {
        KeyId: keyArn,
        Plaintext: Buffer.from('a secret').toString('base64'),
        EncryptionContext: { peer: 'de-dms' },
      },
    });
    expect(requests[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=local\/\d{8}\/eu-west-1\/kms\//);
  });

  test('opens with the same context', async () => {
    const requests = stubKms(200, { Plaintext: Buffer.from('a secret').toString('base64') });
    expect(await openVault(`kms:${keyArn}`).unseal('c2VhbGVk', 'de-dms')).toBe('a secret');
    expect(requests[0]).toMatchObject({
      headers: { 'x-amz-target': 'TrentService.Decrypt' },
      body: { CiphertextBlob: 'c2VhbGVk', EncryptionContext: { peer: 'de-dms' } },
    });
  });

  test('says what KMS says when it refuses, and never the secret', async () => {
    stubKms(400, { __type: 'AccessDeniedException' });
    const failure = await openVault(`kms:${keyArn}`)
      .seal('a secret', 'de-dms')
      .catch((error: Error) => error.message);
    expect(failure).toBe('KMS Encrypt failed: HTTP 400 AccessDeniedException');
  });
});

test.each([undefined, '', 'abc', 'kms:', 'file:'])('"%s" is no key', (key) => {
  expect(() => openVault(key)).toThrow('SECRETS_KEY');
});
