/** Questions to AWS itself, signed with the credentials of whoever runs this. They change nothing. */
import { createSend } from '../../operator/send.ts';
import { signed } from '../../operator/signing.ts';
import { NotChecked } from './checks.ts';

export interface Aws {
  /** An action of the services that answer in XML. */
  query(service: 'cloudformation' | 'monitoring', action: string, input: Record<string, string>): Promise<string>;
  /** An action of those that speak JSON. @param target such as `AmazonSQS.GetQueueAttributes` */
  json(service: 'sqs' | 'events', target: string, input: object): Promise<Record<string, unknown>>;
  /** A path of Lambda's API. */
  lambda(path: string): Promise<Record<string, unknown>>;
}

const versions = { cloudformation: '2010-05-15', monitoring: '2010-08-01' } as const;
/** Of the JSON protocol. */
const dialects = { sqs: '1.0', events: '1.1' } as const;

/** @param endpoint in place of AWS's own, for all services (AWS_ENDPOINT_URL) */
export function createAws(region: string, endpoint: string | undefined): Aws {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';

  async function ask(
    service: string,
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string>,
    body = '',
  ) {
    const url = `${endpoint?.replace(/\/+$/, '') || `https://${service}.${region}.${suffix}`}${path}`;
    const send = createSend(signed(region, service));
    const answer = await send({ method, url, query: {}, headers, ...(method === 'POST' && { body }) });
    if (answer.status === 200) return answer.text;
    const [, message = `HTTP ${answer.status}`] = /(?:<Message>|"message":\s*")([^<"]+)/i.exec(answer.text) ?? [];
    throw new NotChecked(`AWS (${service}) does not say: ${message}`);
  }

  return {
    query(service, action, input) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const body = new URLSearchParams({ Action: action, Version: versions[service], ...input });
      return ask(service, 'POST', '/', headers, body.toString());
    },
    async json(service, target, input) {
      const headers = { 'content-type': `application/x-amz-json-${dialects[service]}`, 'x-amz-target': target };
      return JSON.parse(await ask(service, 'POST', '/', headers, JSON.stringify(input))) as Record<string, unknown>;
    },
    lambda: async (path) => JSON.parse(await ask('lambda', 'GET', path, {})) as Record<string, unknown>,
  };
}

const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** @returns the texts of all elements of a name, in their order */
export const textsIn = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) =>
    text.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity] ?? ''),
  );
