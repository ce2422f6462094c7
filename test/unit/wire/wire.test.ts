import { describe, expect, it } from 'vitest';
import { versionNumbers } from '../../../lib/ocpi/versions.ts';
import { wireOf, wires } from '../../../lib/wire/wire.ts';

describe('wireOf', () => {
  it.each(versionNumbers)('VER-16 has the wire of %s', (version) => {
    expect(wireOf(version)).toBe(wires[version]);
    expect(wireOf(version)?.version).toBe(version);
  });

  it.each(['2.0', '2.1', '2.2', '2.3', '2.1.1 ', 'latest', '', 'toString', '__proto__', 'constructor'])(
    'VER-16 has none for %j',
    (version) => expect(wireOf(version)).toBeUndefined(),
  );
});
