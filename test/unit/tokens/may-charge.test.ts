/** Every cell of whitelist × valid × who decides on ALLOWED × what came of asking, with what it should be written out. */
import { expect, test } from 'vitest';
import { type Copy, type DecidesAllowed, judge, type Said } from '../../../lib/tokens/received/may-charge.ts';

const outcomes = [undefined, 'allows', 'denies', 'unknown', 'needs-location', 'refuses', 'silent'] as const;

/** `yes copy`: it may, and our copy says so. */
const copyYes = ['yes copy', 'yes copy', 'yes copy', 'yes copy', 'yes copy', 'yes copy', 'yes copy'];
const copyNo = ['no copy', 'no copy', 'no copy', 'no copy', 'no copy', 'no copy', 'no copy'];
const askedThenYes = ['ask', 'yes asked', 'no asked', 'no asked', 'no none', 'no none', 'yes offline'];
const askedThenNo = ['ask', 'yes asked', 'no asked', 'no asked', 'no none', 'no none', 'no offline'];
const askedOnly = ['ask', 'yes asked', 'no asked', 'no asked', 'no none', 'no none', 'no none'];

/** Columns: not asked yet, it allows, it denies, it does not know it, it needs a location, it refuses, it is silent. */
const table: [whitelist: Copy['whitelist'] | 'nobody told us', valid: boolean, DecidesAllowed, string[]][] = [
  ['ALWAYS', true, 'copy', copyYes],
  ['ALWAYS', true, 'peer', copyYes],
  ['ALWAYS', false, 'copy', copyNo],
  ['ALWAYS', false, 'peer', copyNo],
  ['ALLOWED', true, 'copy', copyYes],
  ['ALLOWED', true, 'peer', askedThenYes],
  ['ALLOWED', false, 'copy', copyNo],
  ['ALLOWED', false, 'peer', askedThenNo],
  ['ALLOWED_OFFLINE', true, 'copy', askedThenYes],
  ['ALLOWED_OFFLINE', true, 'peer', askedThenYes],
  ['ALLOWED_OFFLINE', false, 'copy', askedThenNo],
  ['ALLOWED_OFFLINE', false, 'peer', askedThenNo],
  ['NEVER', true, 'copy', askedOnly],
  ['NEVER', true, 'peer', askedOnly],
  ['NEVER', false, 'copy', askedOnly],
  ['NEVER', false, 'peer', askedOnly],
  ['nobody told us', true, 'copy', askedOnly],
  ['nobody told us', true, 'peer', askedOnly],
];

const cells = table.flatMap(([whitelist, valid, decides, expected]) =>
  outcomes.map((said, i) => ({ whitelist, valid, decides, said, expected: expected[i] })),
);

const shown = (copy: Copy | undefined, decides: DecidesAllowed, said: Said | undefined) => {
  const verdict = judge(copy, decides, said);
  return verdict === 'ask' ? 'ask' : `${verdict.isAllowed ? 'yes' : 'no'} ${verdict.source}`;
};

test.each(cells)(
  '$expected: $whitelist, valid $valid, $decides decides on ALLOWED, eMSP: $said (WL-01, WL-02, WL-03, WL-04, WL-05)',
  ({ whitelist, valid, decides, said, expected }) => {
    const copy = whitelist === 'nobody told us' ? undefined : { whitelist, valid };
    expect(shown(copy, decides, said)).toBe(expected);
  },
);
