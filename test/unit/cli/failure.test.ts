import { expect, test } from 'vitest';
import { Failure, toFailure } from '../../../lib/cli/failure.ts';
import { type ProblemType, problemTypes } from '../../../lib/operator/api/operation.ts';
import { ProblemResponse } from '../../../lib/operator/client.ts';
import { NoAnswer } from '../../../lib/operator/send.ts';

const exitCodes: Record<ProblemType, number> = {
  invalid: 2,
  'not-allowed': 3,
  'not-found': 1,
  'no-such-operation': 3,
  'wrong-method': 3,
  conflict: 1,
  older: 1,
  taken: 1,
  'revision-mismatch': 1,
  'too-large': 1,
  'peer-refuses': 1,
  'peer-fails': 4,
  internal: 3,
};

test.each(Object.keys(problemTypes) as ProblemType[])(
  'a problem of type %s has its exit code, and one line',
  (type) => {
    expect(toFailure(new ProblemResponse(type, 'first\nsecond'))).toMatchObject({
      exitCode: exitCodes[type],
      message: 'first',
    });
  },
);

test('an API that does not answer is exit code 3', () => {
  expect(toFailure(new NoAnswer('http://a', 'why'))).toMatchObject({
    exitCode: 3,
    message: 'Cannot use the API at http://a: why',
  });
});

test('any other error is something wrong with the data, in one line', () => {
  expect(toFailure(new Error('first\nsecond'))).toMatchObject({ exitCode: 1, message: 'first' });
  expect(toFailure('text')).toMatchObject({ exitCode: 1, message: 'text' });
  expect(toFailure(new RangeError())).toMatchObject({ exitCode: 1, message: 'RangeError' });
  const failure = new Failure('partner', 'x');
  expect(toFailure(failure)).toBe(failure);
});
