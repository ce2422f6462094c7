/** The path's {version} decides on the wire. */
import { unsupportedVersion } from '../../errors.ts';
import { wireOf } from '../../wire/wire.ts';
import type { Middleware } from '../request.ts';

export const version = (): Middleware => ({
  before: ({ event, context }) => {
    const asked = event.pathParameters?.version ?? '';
    const wire = wireOf(asked);
    if (!wire) throw unsupportedVersion(asked);
    context.ocpi.wire = wire;
  },
});
