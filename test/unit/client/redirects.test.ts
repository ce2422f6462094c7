/** Partners that redirect us: where our token goes with the request, and where it does not. */
import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  answering,
  client,
  resolvingTo,
  selfSigned,
  startPartner,
  startTlsPartner,
  success,
  tokensModule,
  watchOver,
} from './support.ts';

watchOver();

describe('redirects', () => {
  const redirecting = (location: string | undefined, http = 302): RequestListener =>
    answering('', http, location === undefined ? {} : { Location: location });

  it.each([301, 302, 303, 307, 308])('a GET follows HTTP %i to the same origin', async (http) => {
    const partner = await startPartner((request, response) => {
      const listener = request.url === '/versions/' ? answering(success(['there'])) : redirecting('/versions/', http);
      listener(request, response);
    });
    const answer = await client().ask(`${partner.url}/versions`);
    expect(answer.data).toEqual(['there']);
    expect(partner.seen.map(({ url }) => url)).toEqual(['/versions', '/versions/']);
    expect(partner.seen[1]?.headers.authorization).toBe(partner.seen[0]?.headers.authorization);
  });

  it('two in a row are followed, a third is not', async () => {
    const partner = await startPartner((request, response) => {
      const step = Number(request.url?.slice(1));
      (step === 3 ? answering(success()) : redirecting(`/${step + 1}`))(request, response);
    });
    expect((await client().ask(`${partner.url}/1`)).http).toBe(200);
    expect(await client().fail(`${partner.url}/0`)).toMatchObject({ kind: 'broken', http: 302 });
  });

  it('the body of a redirect is not waited for, and its connection not kept', async () => {
    const partner = await startPartner((_, response) =>
      response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).write('and so on'),
    );
    expect(await client().fail(partner.url, { module: tokensModule })).toMatchObject({ kind: 'broken', http: 302 });
    await expect.poll(() => partner.sockets.size).toBe(0);
  });

  it('a loop ends', async () => {
    const partner = await startPartner(redirecting('/'));
    const error = await client().fail(`${partner.url}/`);
    expect(error).toMatchObject({ kind: 'broken', message: expect.stringContaining('again and again') });
    expect(partner.seen).toHaveLength(3);
  });

  it.each([
    'http://127.0.0.1:{other}/',
    '//127.0.0.1:{other}/',
    'http://localhost:{port}/',
    'https://127.0.0.1:{port}/',
  ])('a redirect to another origin, %s, is not followed (LIST-16)', async (location) => {
    const other = await startPartner(answering(success()));
    const partner = await startPartner((request, response) => {
      const to = location.replace('{other}', String(other.port)).replace('{port}', String(partner.port));
      redirecting(to)(request, response);
    });
    const error = await client().fail(partner.url);
    expect(error).toMatchObject({ kind: 'broken', http: 302, message: expect.stringContaining('another origin') });
    expect([partner.seen.length, other.seen.length]).toEqual([1, 0]);
  });

  it.each([
    ['to credentials in the URL', 'http://user:password@127.0.0.1:{port}/', 'forbidden-url'],
    ['to metadata', 'http://169.254.169.254/latest/meta-data/', 'broken'],
    ['to a file', 'file:///etc/passwd', 'broken'],
    ['to nonsense', 'http://', 'broken'],
    ['to nowhere', undefined, 'broken'],
  ])('a redirect %s is not followed', async (_, location, kind) => {
    const partner = await startPartner((request, response) =>
      redirecting(location?.replace('{port}', String(partner.port)))(request, response),
    );
    expect(await client().fail(partner.url)).toMatchObject({ kind });
    expect(partner.seen).toHaveLength(1);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('%s follows none', async (method) => {
    const partner = await startPartner(redirecting('/elsewhere', 307));
    expect(await client().fail(partner.url, { method })).toMatchObject({ kind: 'broken', http: 307 });
    expect(partner.seen).toHaveLength(1);
  });
});

describe('a redirect that misses by a slash', () => {
  const credentials = { kind: 'configuration', module_id: 'credentials' } as const;
  const origin = 'http://127.0.0.1:{port}';

  /** A partner whose every path but one is redirected; in the Location the port is put in. */
  async function startRedirecting(there: string, location: string, http = 307) {
    const partner = await startPartner((request, response) => {
      const to = { Location: location.replace('{port}', String(partner.port)) };
      (request.url === there ? answering(success(['there'])) : answering('', http, to))(request, response);
    });
    return partner;
  }

  it.each([
    ['POST', 307, '/2.2.1/credentials', '/2.2.1/credentials/', '/2.2.1/credentials/'],
    ['PUT', 308, '/2.2.1/credentials', '/2.2.1/credentials/', `${origin}/2.2.1/credentials/`],
    ['POST', 308, '/2.2.1/credentials/', '/2.2.1/credentials', '/2.2.1/credentials'],
    ['DELETE', 307, '/2.2.1/credentials', '/2.2.1/credentials/', '/2.2.1/credentials/'],
    ['PUT', 307, '/2.2.1/credentials?a=b', '/2.2.1/credentials/?a=b', '/2.2.1/credentials/?a=b'],
  ] as const)('is followed by a %s of credentials, HTTP %i: %s', async (method, http, from, there, location) => {
    const partner = await startRedirecting(there, location, http);
    const body = method === 'DELETE' ? undefined : { token: 'ours', url: 'https://example.com/' };
    const answer = await client().ask(partner.url + from, { method, module: credentials, body });
    expect(answer.data).toEqual(['there']);
    expect(partner.seen.map(({ url }) => url)).toEqual([from, there]);
    const [first, second] = partner.seen;
    expect(second).toMatchObject({ method, body: first?.body, headers: first?.headers });
  });

  it.each(['GET', 'POST', 'PUT'] as const)('is followed by %s with our scheme, whatever it says', async (method) => {
    const partner = await startRedirecting('/credentials/', 'https://127.0.0.1:{port}/credentials/');
    const answer = await client().ask(`${partner.url}/credentials`, { method, module: credentials });
    expect(answer.data).toEqual(['there']);
    expect(partner.seen).toHaveLength(2);
  });

  const certificate = selfSigned();
  it.skipIf(!certificate)('stays on https where the partner says http', async () => {
    const partner = await startTlsPartner(certificate as NonNullable<typeof certificate>, (request, response) => {
      const to = { Location: `http://partner.test:${partner.port}/credentials/` };
      (request.url === '/credentials/' ? answering(success()) : answering('', 307, to))(request, response);
    });
    const { ask } = client({ resolve: resolvingTo('127.0.0.1'), ca: certificate?.cert ?? '' });
    const url = `https://partner.test:${partner.port}/credentials`;
    expect((await ask(url, { method: 'POST', module: credentials, body: {} })).http).toBe(200);
    expect(partner.seen.map((seen) => seen.url)).toEqual(['/credentials', '/credentials/']);
  });

  it.each([
    ['301, which may change the method', credentials, '/credentials/', 301],
    ['302, which may change the method', credentials, '/credentials/', 302],
    ['303, which changes the method', credentials, '/credentials/', 303],
    ['another path', credentials, '/credential/', 307],
    ['two slashes', credentials, '/credentials//', 307],
    ['another query', credentials, '/credentials/?a=b', 307],
    ['the same URL', credentials, '/credentials', 307],
    ['another host', credentials, 'http://localhost:{port}/credentials/', 307],
    ['another port', credentials, 'http://127.0.0.1:1/credentials/', 307],
    ['another kind of scheme', credentials, 'ftp://127.0.0.1:{port}/credentials/', 307],
    ['a password', credentials, 'http://user:password@127.0.0.1:{port}/credentials/', 307],
    ['no credentials', tokensModule, '/credentials/', 307],
  ] as const)('is not followed by a POST: %s', async (_, module, location, http) => {
    const partner = await startRedirecting('/nowhere', location, http);
    const error = await client().fail(`${partner.url}/credentials`, { method: 'POST', module, body: {} });
    expect(error).toMatchObject({ kind: 'broken', http, message: expect.stringContaining('redirects us') });
    expect(partner.seen).toHaveLength(1);
  });

  it('is followed once', async () => {
    const partner = await startPartner((request, response) =>
      answering('', 307, { Location: request.url === '/x' ? '/x/' : '/x' })(request, response),
    );
    const error = await client().fail(`${partner.url}/x`, { method: 'PUT', module: credentials, body: {} });
    expect(error).toMatchObject({ kind: 'broken', message: expect.stringContaining('again and again') });
    expect(partner.seen).toHaveLength(2);
  });

  it('to another scheme and another path is not followed by a GET', async () => {
    const partner = await startRedirecting('/there/', 'https://127.0.0.1:{port}/there/');
    expect(await client().fail(`${partner.url}/versions`)).toMatchObject({ kind: 'broken' });
    expect(partner.seen).toHaveLength(1);
  });
});
