/** The path's {version} decides on the wire. */
import { unsupportedVersion } from '../../errors.ts';
import { wireOf } from '../../wire/wire.ts';
import type { Middleware } from '../request.ts';

export const version = (): Middleware => ({
  before: ({ event, context: { ocpi } }) => {
    const asked = event.pathParameters?.version ?? '';
    const wire = wireOf(asked);
    if (!wire) throw unsupportedVersion(asked);
    ocpi.wire = wire;
  },
});

/** For configuration endpoints, whose versions are each in one tree: of all roles, or of one role (VER-08). */
export const versionOfTree = (): Middleware => {
  const { before } = version();
  return {
    before: (request) => {
      before?.(request);
      const { wire, ourRole } = request.context.ocpi;
      if (wire && wire.hasTreePerRole !== (ourRole !== undefined)) throw unsupportedVersion(wire.version);
    },
  };
};
