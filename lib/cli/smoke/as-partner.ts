/** What only the real gateway can show to a partner: paths as they arrive, bodies, limits. Each check is one that went wrong somewhere. */
import { Buffer } from 'node:buffer';
import { isObject } from '../../ocpi/values.ts';
import { type Ask, type AskOptions, expectOcpi, type Reply } from './ask.ts';
import { type Check, NotChecked, ok, Wrong } from './checks.ts';
import { type Guest, guestParty } from './guest.ts';

const version = '2.2.1';

/** What partners are told, found out by the first checks; the others are about it. */
export interface Announced {
  credentials?: string;
  /** Where Tokens are pushed to, if we are a CPO. */
  receiver?: string;
  /** Where ours are listed, if we are an eMSP. */
  sender?: string;
}

export function configurationChecks(ask: Ask, { authorization, versionsUrl }: Guest, announced: Announced): Check[] {
  const get = (url: string, headers: Record<string, string> = { authorization }) => ask('GET', url, { headers });
  const both = async (url: string) => {
    expectOcpi(await get(`${url}/`), 200, 1000);
    return expectOcpi(await get(url), 200, 1000);
  };
  const root = versionsUrl.replace(/\/ocpi\/versions$/, '');
  let detailsUrl: string | undefined;
  return [
    {
      name: 'versions',
      async run() {
        const versions = listOf(await both(versionsUrl));
        const urls = versions.map(({ url }) => String(url));
        const stray = urls.find((url) => !url.startsWith(root));
        if (stray !== undefined)
          throw new Wrong(`${versionsUrl} leads to ${stray}`, 'Set publicUrl or domain to one address');
        detailsUrl = versions.map(({ version: number, url }) => (number === version ? String(url) : '')).find(Boolean);
        return ok(`${versions.length} at ${versionsUrl}`);
      },
    },
    {
      name: 'version details',
      async run() {
        const data = await both(needed(detailsUrl, 'versions'));
        const endpoints = listOf(isObject(data) ? data.endpoints : undefined);
        for (const { identifier, role, url } of endpoints) {
          if (identifier === 'credentials') announced.credentials = String(url);
          if (identifier === 'tokens' && role === 'RECEIVER') announced.receiver = String(url);
          if (identifier === 'tokens' && role === 'SENDER') announced.sender = String(url);
        }
        return ok(`${endpoints.length} endpoints`);
      },
    },
    {
      name: 'credentials',
      async run() {
        await both(needed(announced.credentials, 'version details'));
        return ok('with and without a slash at the end');
      },
    },
    {
      name: 'nobody without a token',
      async run() {
        expectOcpi(await get(versionsUrl, {}), 401, 2000);
        expectOcpi(await get(versionsUrl, { authorization: 'Token c21va2U=' }), 401, 2000);
        return ok('HTTP 401 without a token, and with a wrong one');
      },
    },
    {
      name: 'message ids',
      async run() {
        const ids = { 'x-request-id': 'smoke-request', 'x-correlation-id': 'smoke-correlation' };
        const { headers } = await get(versionsUrl, { authorization, ...ids });
        const lost = Object.entries(ids).find(([name, id]) => headers.get(name) !== id)?.[0];
        if (lost !== undefined) throw new Wrong(`${lost} does not come back`, 'Something on the way drops headers');
        return ok('come back');
      },
    },
    {
      name: 'no such path',
      async run() {
        expectOcpi(await ask('POST', `${root}/smoke-test/nowhere`), 404, 2000);
        expectOcpi(await ask('DELETE', versionsUrl, { headers: { authorization } }), 405, 2000);
        return ok('404, and 405 for a wrong method, in OCPI’s envelope');
      },
    },
    {
      name: 'a path that is none',
      async run() {
        const { status } = await get(`${root}/ocpi/versions/%zz`);
        if (status < 400 || status > 499) throw new Wrong(`HTTP ${status} for %zz; it should be a refusal`);
        return ok(`HTTP ${status}`);
      },
    },
  ];
}

/** @param pushed is told the uids before they are sent */
export function receiverChecks(ask: Ask, { authorization }: Guest, announced: Announced, pushed: string[]): Check[] {
  const plain = `SMOKE-${randomText()}`;
  // A slash that the gateway decodes before it routes; what looks like an encoding and must not be decoded twice.
  const odd = `S/${randomText()} %41+`;
  const { country_code, party_id } = guestParty;
  const whereTo = () => {
    if (announced.credentials === undefined) throw new NotChecked('not checked, because of what failed above');
    if (announced.receiver === undefined) throw new NotChecked('no party of ours is a CPO');
    return announced.receiver.replace(/\/+$/, '');
  };
  const at = (uid: string, between = '/') =>
    `${whereTo()}${between}${country_code}/${party_id}/${encodeURIComponent(uid)}`;
  const json = { 'content-type': 'application/json' };
  const send = (
    method: string,
    url: string,
    body: object | Uint8Array<ArrayBuffer>,
    headers: AskOptions['headers'] = json,
  ) => {
    const given = body instanceof Uint8Array ? body : JSON.stringify(body);
    return ask(method, url, { headers: { authorization, ...headers }, body: given });
  };
  const put = (uid: string, body: object | Uint8Array<ArrayBuffer> = tokenOf(uid), headers?: AskOptions['headers']) => {
    if (!pushed.includes(uid)) pushed.push(uid);
    return send('PUT', at(uid), body, headers);
  };
  const expectToken = async (url: string, uid: string) => {
    const data = expectOcpi(await ask('GET', url, { headers: { authorization } }), 200, 1000);
    const found = isObject(data) ? data.uid : undefined;
    if (found !== uid)
      throw new Wrong(`GET ${url} has the uid ${JSON.stringify(found)}; it should be ${JSON.stringify(uid)}`);
  };
  return [
    {
      name: 'PUT',
      async run() {
        expectOcpi(await put(plain), 201, 1000);
        return ok('a Token is created');
      },
    },
    {
      name: 'a slash at the end',
      async run() {
        await expectToken(at(plain), plain);
        await expectToken(`${at(plain)}/`, plain);
        return ok('the same with and without');
      },
    },
    {
      name: 'two slashes',
      async run() {
        await expectToken(at(plain, '//'), plain);
        return ok('tokens//ZZ/SMK/… arrives');
      },
    },
    {
      name: 'percent-encoding',
      async run() {
        expectOcpi(await put(odd), 201, 1000);
        await expectToken(at(odd), odd);
        return ok('a uid with a slash, a blank, a percent sign and a plus arrives');
      },
    },
    {
      name: 'the query',
      async run() {
        await expectToken(`${at(plain)}?type=RFID`, plain);
        expectOcpi(await ask('GET', `${at(plain)}?type=OTHER`, { headers: { authorization } }), 404, 2004);
        return ok('type arrives');
      },
    },
    {
      name: 'no Content-Type',
      async run() {
        const body = new Uint8Array(Buffer.from(JSON.stringify(tokenOf(plain))));
        expectOcpi(await put(plain, body, {}), 200, 1000);
        expectOcpi(await put(plain, tokenOf(plain), { 'content-type': 'application/octet-stream' }), 200, 1000);
        return ok('a body is read without one, and with another');
      },
    },
    {
      name: 'PATCH',
      async run() {
        const patch = { visual_number: 'smoke test', last_updated: new Date().toISOString() };
        expectOcpi(await send('PATCH', at(plain), patch), 200, 1000);
        return ok('a Token is changed');
      },
    },
    {
      name: 'a huge body',
      run: async () => ok(await refusalOfHugeBody(() => put(plain, new Uint8Array(mostBytes + 1), json))),
    },
  ];
}

export function senderChecks(ask: Ask, { authorization }: Guest, announced: Announced): Check[] {
  const headers = { authorization };
  const whereFrom = () => {
    if (announced.credentials === undefined) throw new NotChecked('not checked, because of what failed above');
    if (announced.sender === undefined) throw new NotChecked('no party of ours is an eMSP');
    return announced.sender.replace(/\/+$/, '');
  };
  return [
    {
      name: 'list',
      async run() {
        const spellings = ['', '/', '//'].map((end) => `${whereFrom()}${end}?limit=1`);
        const totals: string[] = [];
        for (const url of spellings) {
          const reply = await ask('GET', url, { headers });
          expectOcpi(reply, 200, 1000);
          totals.push(reply.headers.get('x-total-count') ?? '');
        }
        if (totals.includes(''))
          throw new Wrong('X-Total-Count does not come back', 'Something on the way drops headers');
        return ok(`${totals[0]} Tokens, with and without slashes at the end`);
      },
    },
    {
      name: 'authorize',
      async run() {
        const url = `${whereFrom()}/${encodeURIComponent(`SMOKE/${randomText()}`)}/authorize`;
        for (const each of [url, `${url}/`]) expectOcpi(await ask('POST', each, { headers }), 404, 2004);
        return ok('a card that nobody has is unknown');
      },
    },
  ];
}

const randomText = (): string => globalThis.crypto.randomUUID().slice(0, 8).toUpperCase();

const tokenOf = (uid: string) => ({
  ...guestParty,
  uid,
  type: 'RFID',
  contract_id: 'ZZ-SMK-C00000001',
  issuer: 'smoke test',
  valid: true,
  whitelist: 'ALWAYS',
  last_updated: new Date().toISOString(),
});

/** Of a request, for an HTTP API. */
const mostBytes = 10 * 1024 * 1024;

async function refusalOfHugeBody(send: () => Promise<Reply>): Promise<string> {
  try {
    const { status } = await send();
    if (status === 413) return 'HTTP 413';
    throw new Wrong(
      `HTTP ${status} for more than 10 MB; it should be 413`,
      'Something in front of the gateway takes it',
    );
  } catch (error) {
    // Who refuses early need not read on, and the connection ends.
    if (error instanceof Wrong && /reset|EPIPE|socket|closed/i.test(error.message)) return 'the connection is ended';
    throw error;
  }
}

function needed(url: string | undefined, check: string): string {
  if (url === undefined) throw new NotChecked(`not checked, because of: ${check}`);
  return url;
}

const listOf = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isObject) : []);
