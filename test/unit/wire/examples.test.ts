/** The specification's own examples. Their licence keeps them out of this repository, so they are read from beside it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type VersionNumber, versionNumbers } from '../../../lib/ocpi/versions.ts';
import { wires } from '../../../lib/wire/registry.ts';
import { json } from './properties.ts';

const examples = fileURLToPath(new URL('../../../../shared/reference/examples', import.meta.url));
const arePresent = existsSync(examples);
const owner = { country_code: 'NL', party_id: 'TNM' };

type Example = [name: string, body: Record<string, unknown>];

function examplesOf(version: VersionNumber, pattern: RegExp): Example[] {
  if (!arePresent) return [];
  const folder = join(examples, version);
  return readdirSync(folder)
    .filter((file) => pattern.test(file))
    .flatMap((file) => {
      const content = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      // Where it is enveloped, the objects are in `data`.
      const bodies: Example[1][] = [content.data ?? content].flat();
      return bodies.map((body, index): Example => [`${file} ${index}`, body]);
    });
}

if (!arePresent) console.warn(`Skipped the examples of the specification: there is no folder ${examples}`);

describe.skipIf(!arePresent)('the examples of the specification', () => {
  describe.each(versionNumbers)('%s', (version) => {
    const wire = wires[version];
    const tokens = examplesOf(version, /^(token_example|token_put|transport_and_format_get_token)/);
    const patches = examplesOf(version, /^token_patch/);

    it('are all found', () => {
      expect(tokens).toHaveLength(version === '2.1.1' ? 6 : 7);
      expect(patches).toHaveLength(1);
    });

    it.each(tokens)('accepts %s and gives the same back (TOK-PUT-02)', (_, body) => {
      expect(json(wire.encodeToken(wire.decodeToken(body, owner)))).toStrictEqual(body);
    });

    it.each(patches)('accepts %s and reads just what it says (TOK-PATCH-01)', (_, body) => {
      const { set, clear } = wire.decodeTokenChanges(body);
      const { last_updated, ...rest } = set;
      const encoded = last_updated === undefined ? rest : { ...rest, last_updated: wire.encodeDateTime(last_updated) };
      expect(encoded).toStrictEqual(body);
      expect(clear).toEqual([]);
      expect('last_updated' in body).toBe(wire.patchRequiresLastUpdated);
    });
  });
});
