/** The path's {version} decides on the wire. */
import { unsupportedVersion } from '../../../errors.ts';
import { hasTreePerRole } from '../../../ocpi/versions.ts';
import { wireOf } from '../../../wire/registry.ts';
import type { Middleware } from '../../chain.ts';
import type { Event } from '../../request.ts';
import type { InTree, Versioned } from '../request.ts';

function wireFor({ pathParameters }: Event): Versioned {
  const asked = pathParameters?.version ?? '';
  const wire = wireOf(asked);
  if (!wire) throw unsupportedVersion(asked);
  return { wire };
}

/** @throws 404 with 3002 for a version that we do not serve (VER-16) */
export const version: Middleware<object, Versioned> = { before: (_known, event) => wireFor(event) };

/** For configuration endpoints, whose versions are each in one tree: of all roles, or of one role (VER-08). */
export const versionOfTree: Middleware<InTree, Versioned> = {
  before: ({ ourRole }, event) => {
    const { wire } = wireFor(event);
    if (hasTreePerRole(wire.version) !== (ourRole !== undefined)) throw unsupportedVersion(wire.version);
    return { wire };
  },
};
