/** The route, and nothing else of the URL, says which of our roles a configuration endpoint is about (VER-08, VER-09). */
import { notFound } from '../../../errors.ts';
import { partiesOf, type Role } from '../../../ocpi/versions.ts';
import type { BareRuntime } from '../../../runtime/runtime.ts';
import type { Middleware } from '../../chain.ts';
import type { Begun } from '../../request.ts';
import type { InTree } from '../request.ts';

const treeOf = (routeKey: string): Role | undefined => {
  if (routeKey.includes(' /ocpi/cpo/')) return 'CPO';
  return routeKey.includes(' /ocpi/emsp/') ? 'EMSP' : undefined;
};

/** @throws 404 for a role that we do not have, and for a path that goes on behind the endpoint's own */
export const tree = ({ config }: BareRuntime): Middleware<Begun, InTree> => ({
  before: ({ routeKey, path }) => {
    const ourRole = treeOf(routeKey);
    const isServed = ourRole === undefined || partiesOf(config, ourRole).length > 0;
    if (!isServed || /[^/]/.test(path)) throw notFound('There is no such endpoint');
    return { ourRole };
  },
});
