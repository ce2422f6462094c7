/** The operations that look for what is wrong. They change nothing. */
import * as v from 'valibot';
import { boolean, object, oneOf, optional } from '../../ocpi/values.ts';
import { operation } from './operation.ts';
import { peerId } from './peers.ts';

const findings = object({
  isHealthy: boolean,
  checks: v.array(
    object({
      status: oneOf(['ok', 'warn', 'fail', 'skip']),
      check: v.string(),
      /** What is, and what that means. */
      message: v.string(),
      /** What to do. */
      advice: optional(v.string()),
    }),
  ),
});

export const examinePlatform = operation({
  name: 'doctor/platform',
  method: 'GET',
  summary: 'What works on our own side, what does not, and what to do.',
  input: object({}),
  output: findings,
});

export const examinePeer = operation({
  name: 'doctor/peer',
  method: 'GET',
  summary: 'Tries the connection with one peer from end to end.',
  input: object({ id: peerId }),
  output: findings,
  problems: ['not-found'],
});
