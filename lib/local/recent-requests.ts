/** Remembers what the access log said last, for whoever looks at a local server. */
import { listRecentRequests, type RecentRequest } from '../operator/api/local.ts';
import type { Log } from '../telemetry/log.ts';

/** So many are remembered; older ones are in the output of the server. */
export const mostRemembered = 200;

/** What may be shown; a log entry holds nothing that identifies a driver, and what is added to it one day is not shown unseen. */
const shown = ['route', 'peer', 'version', 'http', 'status_code', 'ms', 'correlationId'] as const;

const isOfOwner = (fields: Record<string, unknown>): boolean => String(fields.route).includes(' /operator/');

export interface RecentRequests {
  /** What to log on: it hands everything on, at any level. */
  log: Log;
  /** The newest first. */
  recent: () => RecentRequest[];
}

export function recentRequests(log: Log, now: () => Date): RecentRequests {
  const remembered: RecentRequest[] = [];
  const remember = (message: string, fields: Record<string, unknown> = {}) => {
    if (!/^request(?: failed)?$/.test(message) || isOfOwner(fields)) return;
    const known = shown.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]);
    remembered.unshift({ at: now().toISOString(), ...Object.fromEntries(known) });
    remembered.length = Math.min(remembered.length, mostRemembered);
  };
  return {
    recent: () => [...remembered],
    log: {
      ...log,
      info(message, fields) {
        remember(message, fields);
        log.info(message, fields);
      },
      error(message, fields) {
        remember(message, fields);
        log.error(message, fields);
      },
    },
  };
}

/** The function of the owner's API that shows them; there is none in a deployed system. */
export const recentRequestsFunction = ({ recent }: Pick<RecentRequests, 'recent'>) => ({
  name: 'local-requests',
  routes: [`${listRecentRequests.method} /operator/${listRecentRequests.name}`],
  timeoutSeconds: 3,
  load: async () => async () => ({ requests: recent() }),
});
