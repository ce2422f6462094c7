import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { holdPort } from '../../../lib/local/hold-port.ts';
import { createHttpApi } from '../../../lib/local/http-api.ts';

const host = '127.0.0.1';
const hello = { name: 'hello', routes: ['GET /'], timeoutSeconds: 1 };

test('nobody else has a port from when it is held to the end of who listens with it', async () => {
  const held = await holdPort(0, host);
  const { port } = held.address() as AddressInfo;
  const url = `http://${host}:${port}/`;
  const others = () => createHttpApi({ functions: [], load: () => expect.unreachable() });
  await expect(others().listen(port, host)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await expect(fetch(url)).rejects.toThrow('fetch failed');

  const api = createHttpApi({ functions: [hello], load: () => async () => 'good day' });
  onTestFinished(() => api.close());
  expect(await api.listen(held)).toBe(port);
  expect(await (await fetch(url)).json()).toBe('good day');
  await expect(holdPort(port, host)).rejects.toMatchObject({ code: 'EADDRINUSE' });

  await api.close();
  (await holdPort(port, host)).close();
});
