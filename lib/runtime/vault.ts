/** Secrets at rest: the tokens that partners give us are stored encrypted, each bound to its peer. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Vault {
  /** @param context what the secret belongs to; it opens for nothing else */
  seal(secret: string, context: string): Promise<string>;
  /** @throws Error if it was not sealed by this key, or for something else */
  unseal(sealed: string, context: string): Promise<string>;
}

/**
 * @param key `kms:ARN`, a KMS key; or `file:PATH`, a key file for runs on one machine, made if it is not there
 * @throws Error
 */
export function openVault(key: string | undefined): Vault {
  const [, kind, name] = /^(kms|file):(.+)$/.exec(key ?? '') ?? [];
  if (kind === 'kms' && name) return kmsVault(name);
  if (kind === 'file' && name) return keyVault(() => readKeyFile(name));
  throw new Error('SECRETS_KEY should be kms:ARN or file:PATH');
}

const kmsTimeoutMs = 3_000;

/** Two calls of KMS, signed by the part of the SDK that is here anyway; a client of its own is much for a cold start to read. */
function kmsVault(keyArn: string): Vault {
  const [, partition, , region = ''] = keyArn.split(':');
  const hostname = `kms.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
  const signer = new SignatureV4({ service: 'kms', region, credentials: defaultProvider(), sha256: Sha256 });

  async function call(operation: 'Encrypt' | 'Decrypt', input: object): Promise<Record<string, string>> {
    const body = JSON.stringify({ KeyId: keyArn, ...input });
    const request = {
      method: 'POST',
      protocol: 'https:',
      hostname,
      path: '/',
      headers: {
        host: hostname,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `TrentService.${operation}`,
      },
      body,
    };
    const { method, headers } = await signer.sign(request);
    const signal = AbortSignal.timeout(kmsTimeoutMs);
    const response = await fetch(`https://${hostname}/`, { method, headers, body, signal });
    const answer = (await response.json()) as Record<string, string>;
    if (!response.ok) throw new Error(`KMS ${operation} failed: HTTP ${response.status} ${answer.__type ?? ''}`);
    return answer;
  }

  return {
    async seal(secret, peer) {
      const Plaintext = Buffer.from(secret).toString('base64');
      const { CiphertextBlob = '' } = await call('Encrypt', { Plaintext, EncryptionContext: { peer } });
      return CiphertextBlob;
    },
    async unseal(sealed, peer) {
      const { Plaintext = '' } = await call('Decrypt', { CiphertextBlob: sealed, EncryptionContext: { peer } });
      return Buffer.from(Plaintext, 'base64').toString('utf8');
    },
  };
}

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

function readKeyFile(path: string): Buffer {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    // Of two processes that start at once, the one that comes second must not replace the key of the first.
    writeFileSync(path, randomBytes(keyBytes).toString('base64'), { mode: 0o600, flag: 'wx' });
  }
  const key = Buffer.from(readFileSync(path, 'utf8'), 'base64');
  if (key.length !== keyBytes) throw new Error(`${path} holds no key of ${keyBytes} bytes`);
  return key;
}

/** AES-256-GCM, the context authenticated along with the secret. */
export function keyVault(readKey: () => Buffer): Vault {
  return {
    async seal(secret, context) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', readKey(), iv).setAAD(Buffer.from(context));
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
    },
    async unseal(text, context) {
      const sealed = Buffer.from(text, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', readKey(), sealed.subarray(0, ivBytes))
        .setAAD(Buffer.from(context))
        .setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
      return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8');
    },
  };
}
