/**
 * How many handshakes may be under way. Each waits for the server of a stranger, who may let it wait, and a function that waits
 * counts towards the concurrency of the whole account, of which a new account has ten.
 */
import { type Backend, CrudError } from '../crud/crud.ts';
import { tooManyHandshakes } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { handshakePlaceKept } from '../telemetry/events.ts';

export const mostUnderWay = 5;
/** So that no peer takes all the places. Two that come at once are one that has sent its request again. */
export const mostUnderWayOfOne = 2;

/** Longer than the function lives (serverless.yml), so that a place is free again also if that died. */
const leaseMs = 35_000;

const collection = 'handshakes';

interface Lease {
  records: Backend['records'];
  now: () => Date;
}

/** @returns whether the place was free, and is ours now */
async function takePlace({ records, now }: Lease, id: string): Promise<boolean> {
  const data = { until: new Date(now().getTime() + leaseMs).toISOString() };
  const taken = await records.get({ collection, id });
  if (typeof taken?.data.until === 'string' && taken.data.until > now().toISOString()) return false;
  try {
    if (taken) await records.update({ collection, id, data, revision: taken.revision });
    else await records.create({ collection, id, data });
    return true;
  } catch (error) {
    if (error instanceof CrudError) return false;
    throw error;
  }
}

/** @returns the first of so many places that is free, or undefined */
async function takeOneOf(lease: Lease, name: string, places: number): Promise<string | undefined> {
  for (let place = 1; place <= places; place += 1) {
    const id = `${name}/${place}`;
    if (await takePlace(lease, id)) return id;
  }
  return undefined;
}

/**
 * Does the work if there is room for it.
 * @throws OcpiError 3000 that says so if there is none
 */
export async function whileThereIsRoom<T>(
  { backend: { records }, now, log }: Runtime,
  peerId: string,
  work: () => Promise<T>,
): Promise<T> {
  const places: string[] = [];
  try {
    for (const [name, most] of [
      [`peer/${peerId}`, mostUnderWayOfOne],
      ['all', mostUnderWay],
    ] as const) {
      const place = await takeOneOf({ records, now }, name, most);
      if (place === undefined) throw tooManyHandshakes();
      places.push(place);
    }
    return await work();
  } finally {
    await Promise.all(places.map((id) => records.delete({ collection, id }))).catch((error: unknown) => {
      handshakePlaceKept(log, error);
    });
  }
}
