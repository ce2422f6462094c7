/** An endpoint of the owner's API: an operation, and what does it. */
import type { GenericSchema } from 'valibot';
import type { Operation, ParsedInputOf } from '../../operator/api/operation.ts';
import type { Asked, Lines, Run } from '../../operator/run.ts';
import type { BareRuntime } from '../../runtime/runtime.ts';
import { type Chain, chain, type Endpoint } from '../chain.ts';
import { accessLog } from '../middleware/access-log.ts';
import { begin } from '../middleware/begin.ts';
import { compress } from '../middleware/compress.ts';
import type { Begun, Reply } from '../request.ts';
import { audit } from './audit.ts';
import { caller } from './caller.ts';
import { ids } from './ids.ts';
import { inputOf } from './input.ts';
import { operatorEntry } from './log-entry.ts';
import { problems } from './problems.ts';
import type { OperatorKnown, OperatorRequest } from './request.ts';

/** Under the 30 seconds of the gateway, with room for the answer (docs/architecture.md, The owner's side). */
const patienceMs = 25_000;

/** What every endpoint of the family has, one that does not exist too: nobody comes this far unsigned. */
export const signed = (runtime: BareRuntime): Chain<OperatorRequest, OperatorKnown> =>
  chain<OperatorKnown>({ outer: [accessLog(runtime, operatorEntry), compress], envelope: problems })
    .use(begin(runtime))
    .use(ids(runtime))
    .use(caller);

export const operatorEndpoint =
  <const Op extends Operation, Needed>(operation: Op, run: Run<Op, Needed>): Endpoint<Needed & BareRuntime> =>
  (runtime) =>
    signed(runtime)
      .use(inputOf(operation))
      .to(async ({ input, query, lines, revision, receivedAt, caller: who, ids: { correlationId } }) => {
        const asked: Asked = {
          deadline: receivedAt.getTime() + patienceMs,
          correlationId,
          audit: audit(runtime, { operation: operation.name, caller: who, correlationId }),
          ...(lines !== undefined && { lines }),
          ...(revision !== undefined && { revision }),
        };
        const output: unknown = await run(input as ParsedInputOf<Op>, runtime, asked);
        return operation.givesLines ? linesReply(output as Lines<Operation>, operation, query) : { data: output };
      });

type Query = Record<string, string>;

/** NDJSON; `Link` leads to the next page of the same, and `Next-Since` is what the next export begins with. */
function linesReply(
  { lines, next, nextSince }: Lines<Operation<GenericSchema, GenericSchema>>,
  { name }: Operation,
  query: Begun['query'],
): Reply {
  const goOn =
    next !== undefined && `/operator/${name}?${new URLSearchParams({ ...query, after: next } as Query).toString()}`;
  return {
    text: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    headers: {
      'Content-Type': 'application/x-ndjson',
      'Next-Since': nextSince,
      ...(goOn && { Link: `<${goOn}>; rel="next"` }),
    },
  };
}
