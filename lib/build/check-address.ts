/** Whether the parameters of a domain of one's own go together (docs/operating.md): CloudFormation would find out after minutes. */

export interface AddressParameters {
  /** Of the stack. */
  region: string;
  /** What partners are given; no text where CloudFormation finds it out. */
  publicUrl: unknown;
  /** `none`, as the next two may be. */
  domain: string;
  certificateArn: string;
  hostedZoneId: string;
  /** `open` or `closed`. */
  defaultAddress: string;
}

const domainPattern = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;
const certificatePattern = /^arn:aws[a-z-]*:acm:([a-z0-9-]+):\d{12}:certificate\/[\w-]+$/;
const hostedZonePattern = /^Z[A-Z0-9]{1,31}$/;
const none = 'none';

/** @returns what is wrong and what to do, or undefined */
export function problemOfAddress(parameters: AddressParameters): string | undefined {
  const { domain, certificateArn, hostedZoneId, defaultAddress } = parameters;
  if (domain !== none) return problemOfDomain(parameters) ?? problemOfDefault(parameters);
  if (certificateArn !== none) return 'certificateArn: it is of no use without domain';
  if (hostedZoneId !== none) return 'hostedZoneId: it is of no use without domain';
  if (!['open', 'closed'].includes(defaultAddress)) return problemOfDefault(parameters);
  if (defaultAddress === 'closed' && typeof parameters.publicUrl !== 'string') {
    return 'defaultAddress: it cannot be closed, because there is no other (domain)';
  }
  return problemOfDefault(parameters);
}

function problemOfDomain({ region, domain, certificateArn, hostedZoneId }: AddressParameters): string | undefined {
  if (!domainPattern.test(domain)) return `domain: "${domain}" is no name such as ocpi.example.com`;
  if (hostedZoneId !== none && !hostedZonePattern.test(hostedZoneId)) {
    return `hostedZoneId: "${hostedZoneId}" is not like Z0123456789ABCDEFGHIJ`;
  }
  if (certificateArn === none) {
    if (hostedZoneId !== none) return undefined;
    return 'domain: it needs certificateArn, or hostedZoneId so that a certificate can be made';
  }
  const [, where] = certificatePattern.exec(certificateArn) ?? [];
  if (where === undefined) {
    return `certificateArn: "${certificateArn}" is not like arn:aws:acm:${region}:123456789012:certificate/…`;
  }
  return where === region ? undefined : `certificateArn: the certificate is in ${where}, and the API in ${region}`;
}

function problemOfDefault({ publicUrl, defaultAddress }: AddressParameters): string | undefined {
  if (defaultAddress === 'open') return undefined;
  if (defaultAddress !== 'closed') return `defaultAddress: "${defaultAddress}" is neither open nor closed`;
  const isTold = typeof publicUrl === 'string' && publicUrl.includes('.execute-api.');
  return isTold ? 'defaultAddress: it cannot be closed while publicUrl names it' : undefined;
}
