/** The operation that only a local server has: what a deployed one would tell by its logs. */
import * as v from 'valibot';
import { dateTime, object, optional } from '../../ocpi/values.ts';
import { operation } from './operation.ts';

/** One line of the access log. It names the route and never the path, because a uid is personal data. */
const recentRequest = object({
  at: dateTime,
  route: optional(v.string()),
  /** Absent if it was nobody that we know. */
  peer: optional(v.string()),
  version: optional(v.string()),
  http: optional(v.number()),
  status_code: optional(v.number()),
  ms: optional(v.number()),
  /** Where the log has more. */
  correlationId: optional(v.string()),
});
export type RecentRequest = v.InferOutput<typeof recentRequest>;

export const listRecentRequests = operation({
  name: 'local/requests',
  method: 'GET',
  summary: 'The last requests that came from partners, the newest first. Only a local server remembers them.',
  input: object({}),
  output: object({ requests: v.array(recentRequest) }),
});
