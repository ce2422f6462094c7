/** A client of the owner's API: typed by what describes each operation, and held against it both ways. */
import { check, isObject, spellFaults } from '../ocpi/values.ts';
import {
  type InputOf,
  type Operation,
  type OutputOf,
  type Problem,
  type ProblemType,
  problemTypes,
} from './api/operation.ts';
import { type Answer, NoAnswer, type Send } from './send.ts';

/** The API did not do what it was asked, and says why. */
export class ProblemResponse extends Error {
  override name = 'ProblemResponse';
  readonly type: ProblemType;
  readonly errors: NonNullable<Problem['errors']>;

  /** @param detail for people: what was wrong, and what to do */
  constructor(type: ProblemType, detail: string, errors: Problem['errors'] = []) {
    super(detail);
    this.type = type;
    this.errors = errors;
  }
}

export interface CallOptions {
  /** Do it only to this revision. */
  revision?: string;
  /** The body of an operation that takes lines. */
  lines?: string;
}

export interface Page<Op extends Operation> {
  lines: OutputOf<Op>[];
  /** What `since` to begin the next export with. */
  nextSince: string | undefined;
}

export interface OperatorClient {
  /**
   * @throws ProblemResponse, of type `invalid` before anything is sent if the input is not what the operation takes
   * @throws NoAnswer if what comes back is no answer of the API
   */
  call<const Op extends Operation>(operation: Op, input: InputOf<Op>, options?: CallOptions): Promise<OutputOf<Op>>;
  /** The pages of an operation that gives lines. @throws as `call` */
  pages<const Op extends Operation & { givesLines: true }>(
    operation: Op,
    input: InputOf<Op>,
  ): AsyncGenerator<Page<Op>, void>;
}

/** @param url where the API is: what stands before `/operator/` */
export function createOperatorClient({ url, send }: { url: string; send: Send }): OperatorClient {
  const base = url.replace(/\/+$/, '');

  async function ask(operation: Operation, input: unknown, { revision, lines }: CallOptions = {}): Promise<Answer> {
    const { name, method, takesLines } = operation;
    const isQuery = method === 'GET' || takesLines;
    const answer = await send({
      method,
      url: `${base}/operator/${name}`,
      query: isQuery ? textsOf(input) : {},
      headers: {
        ...(method === 'POST' && { 'Content-Type': takesLines ? 'application/x-ndjson' : 'application/json' }),
        ...(revision !== undefined && { 'If-Match': `"${revision}"` }),
      },
      ...(method === 'POST' && { body: takesLines ? (lines ?? '') : JSON.stringify(input) }),
    });
    if (answer.status !== 200) throw refusalOf(answer, name, base);
    return answer;
  }

  return {
    async call(operation, input, options) {
      assertInput(operation, input);
      const { text } = await ask(operation, input, options);
      return outputOf(operation, parse(text, base), base);
    },
    async *pages(operation, input) {
      assertInput(operation, input);
      let after: string | undefined;
      do {
        const { text, headers } = await ask(operation, after === undefined ? input : { ...(input as object), after });
        const lines = text.split('\n').filter((line) => line !== '');
        yield {
          lines: lines.map((line) => outputOf(operation, parse(line, base), base)),
          nextSince: headers.get('next-since') ?? undefined,
        };
        const next = cursorOf(headers.get('link'), base);
        if (next !== undefined && next === after) throw new NoAnswer(base, 'it leads from a page to the same page');
        after = next;
      } while (after !== undefined);
    },
  };
}

const textsOf = (input: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(input as Record<string, string | undefined>).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );

/** What the API would refuse need not be sent, and is the same words. */
function assertInput({ input: schema }: Operation, input: unknown): void {
  const result = check(schema, input, 'the input');
  if ('faults' in result) throw new ProblemResponse('invalid', spellFaults(result.faults));
}

function parse(text: string, base: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NoAnswer(base, 'what answers there does not answer in JSON', { cause: error });
  }
}

/** @returns the answer with its members in the order of its description, whatever that of a storage */
function outputOf<const Op extends Operation>({ name, output }: Op, value: unknown, base: string): OutputOf<Op> {
  const result = check(output, value, 'the answer');
  if ('output' in result) return result.output as OutputOf<Op>;
  const why = `its answer to ${name} is not what this version expects (${spellFaults(result.faults.slice(0, 1))})`;
  throw new NoAnswer(base, `${why}. Is another version running there?`);
}

function cursorOf(link: string | null, base: string): string | undefined {
  const [, target] = /<([^>]+)>;\s*rel="?next"?/.exec(link ?? '') ?? [];
  return (target && URL.parse(target, base)?.searchParams.get('after')) || undefined;
}

const typePattern = /^urn:ocpi-tokens:problem:(.+)$/;

const isProblemType = (type: string | undefined): type is ProblemType =>
  type !== undefined && Object.hasOwn(problemTypes, type);

/** What the gateway says of itself, or whatever else answers there. */
const others: Record<number, string> = {
  401: 'it wants to know who asks',
  403: 'it refuses. May these AWS credentials invoke it (execute-api:Invoke)? AWS_PROFILE chooses others',
  404: 'it is not there. Is that the URL of a deployment?',
  429: 'it has too much to do; try again later',
  503: 'it took too long. What was done stays; try again',
};

/** @returns the problem that the API names; anything else did not come from it */
function refusalOf({ status, text }: Answer, name: string, base: string): Error {
  const problem = problemIn(text);
  const [, type] = typePattern.exec(problem.type ?? '') ?? [];
  if (!isProblemType(type))
    return new NoAnswer(base, `${others[status] ?? 'that is no answer of it'} (HTTP ${status})`);
  if (type === 'no-such-operation') return new NoAnswer(base, `it does not know ${name}. Is an older version there?`);
  const said = problem.detail ?? problemTypes[type].title;
  const id = type === 'internal' && problem.correlation_id ? ` (${problem.correlation_id})` : '';
  return new ProblemResponse(type, `${said}${id}`, problem.errors);
}

function problemIn(text: string): Partial<Problem> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
