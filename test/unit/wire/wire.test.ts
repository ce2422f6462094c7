import { describe, expect, it } from 'vitest';
import { versionNumbers } from '../../../lib/ocpi/versions.ts';
import { wireOf, wires } from '../../../lib/wire/registry.ts';

describe('wireOf', () => {
  it.each(versionNumbers)('has the wire of %s (VER-16)', (version) => {
    expect(wireOf(version)).toBe(wires[version]);
    expect(wireOf(version)?.version).toBe(version);
  });

  it.each(['2.0', '2.1', '2.2', '2.3', '2.1.1 ', 'latest', '', 'toString', '__proto__', 'constructor'])(
    'has none for %j (VER-16)',
    (version) => expect(wireOf(version)).toBeUndefined(),
  );
});
