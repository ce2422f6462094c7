/** Has the port before anything else begins, and nobody else has it by the time that all is ready. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/**
 * @param port 0 takes a free one
 * @returns what has it, for another server to listen with; who comes before that is turned away
 * @throws Error with the code EADDRINUSE if it is taken
 */
export async function holdPort(port: number, host: string): Promise<Server> {
  const held = createServer((early) => early.destroy()).listen(port, host);
  await once(held, 'listening');
  return held;
}

/** @returns one that nobody has right now, for a program that cannot be handed one that is held, and may find it taken */
export async function freePort(): Promise<number> {
  const held = await holdPort(0, '127.0.0.1');
  const { port } = held.address() as AddressInfo;
  held.close();
  await once(held, 'close');
  return port;
}
