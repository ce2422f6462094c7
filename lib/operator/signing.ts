/** Signs requests for IAM with the AWS credentials of whoever runs this: environment, profile, SSO, role of the machine. */
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { type Authorize, NoAnswer } from './send.ts';

const ofGateway = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;

/** @returns the region that the host of an API names; one of the company's own names none */
export const regionOf = (url: string): string | undefined => ofGateway.exec(new URL(url).hostname)?.[1];

/** @param service the API's own, or another of AWS */
export function signed(region: string, service = 'execute-api'): Authorize {
  const signer = new SignatureV4({ service, region, credentials: defaultProvider(), sha256: Sha256 });
  return async ({ method, url, query, headers, body }) => {
    const { protocol, host, hostname, pathname, origin } = new URL(url);
    const request = { method, protocol, hostname, path: pathname, query, headers: { ...headers, host }, body };
    try {
      return (await signer.sign(request)).headers;
    } catch (error) {
      const { name, message } = error as Error;
      const isMissing = name === 'CredentialsProviderError';
      const reason = isMissing ? `there are no AWS credentials to sign with (${message})` : message;
      throw new NoAnswer(origin, reason, { cause: error });
    }
  };
}
