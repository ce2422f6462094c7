/** The route, and nothing else of the URL, says which of our roles a configuration endpoint is about (VER-08, VER-09). */
import { partiesOf } from '../../config.ts';
import { notFound } from '../../errors.ts';
import type { Role } from '../../ocpi/versions.ts';
import type { BareRuntime } from '../../runtime.ts';
import type { Middleware } from '../request.ts';

const roleTree = /^\S+ \/ocpi\/(cpo|emsp)\//;

/** @throws 404 for a role that we do not have, and for a path that goes on behind the endpoint's own */
export const tree = ({ config }: BareRuntime): Middleware => ({
  before: ({ context: { ocpi } }) => {
    const [, name] = roleTree.exec(ocpi.routeKey ?? '') ?? [];
    const ourRole = name?.toUpperCase() as Role | undefined;
    const isServed = ourRole === undefined || partiesOf(config, ourRole).length > 0;
    if (!isServed || /[^/]/.test(ocpi.path ?? '')) throw notFound('There is no such endpoint');
    if (ourRole) ocpi.ourRole = ourRole;
  },
});
