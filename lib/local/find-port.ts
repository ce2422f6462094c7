/** Finds out where a server may listen, before anything else begins. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** @param port 0 takes a free one. @throws Error with the code EADDRINUSE if it is taken */
export async function findPort(port: number, host: string): Promise<number> {
  const probe = createServer().listen(port, host);
  await once(probe, 'listening');
  const found = (probe.address() as AddressInfo).port;
  probe.close();
  await once(probe, 'close');
  return found;
}
