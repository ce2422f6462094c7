/** The middlewares in front of an endpoint: each says what it needs to know and what it adds, so that the compiler checks their order. */
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { Event, Outcome, Reply, Response } from './request.ts';

/** One job: it adds to what is known of the request, or it throws. */
export interface Middleware<Needs extends object, Adds extends object = object> {
  before?: (known: Needs, event: Event) => Adds | Promise<Adds>;
  /** Once the endpoint has answered, or anything has thrown. */
  after?: (known: Partial<Needs & Adds>) => void | Promise<void>;
}

export interface Ended<Sees extends object> {
  /** What there was time to learn. */
  known: Partial<Sees>;
  outcome: Outcome;
  event: Event;
  /** Of the time that the function has, in milliseconds. */
  msLeft: number | undefined;
}

/** What stands around the middlewares: it sees the response, and may return another. */
export type Outer<Sees extends object> = (response: Response, ended: Ended<Sees>) => Response;

/** What all endpoints of a family have around them. */
export interface Shell<Sees extends object> {
  /** The outermost first. */
  outer: Outer<Sees>[];
  /** The only writer of responses. */
  envelope: (ended: Ended<Sees>) => Response;
}

/** What a shell reads under a name is what the middlewares in it add under that name. */
type Agreeing<Adds, Sees> = { [Name in keyof Adds]: Name extends keyof Sees ? Sees[Name] : unknown };

/** @typeParam Known what the middlewares so far have added */
export interface Chain<Known extends object, Sees extends object> {
  /** Does not compile with a middleware that needs what none before it has added. */
  use<Adds extends Agreeing<Adds, Sees> & object>(middleware: Middleware<Known, Adds>): Chain<Known & Adds, Sees>;
  /** The handler that Lambda calls, or a local gateway, or a test. */
  to(run: (known: Known) => Promise<Reply>): Handler;
}

export type Handler = (event: Event, context: Context) => Promise<Response>;

/** An endpoint: given what it needs around it, it becomes a handler. Importing one runs nothing. */
export type Endpoint<Runtime> = (runtime: Runtime) => Handler;

/** What middy carries from step to step. */
interface Carrier<Known extends object> extends Context {
  known: Known;
  outcome: Outcome;
}
type Step<Known extends object> = middy.MiddlewareObj<Event, Response, Error, Carrier<Known>>;
/** Steps that need different things, side by side: `use` has checked that each finds them. */
type Steps = Extract<Parameters<middy.MiddyfiedHandler['use']>[0], unknown[]>;

/** Left for the answer when the time of the function runs out. */
const timeoutEarlyInMillis = 250;

/** What middy has for a response until the envelope has written one. */
const unwritten: Response = {};

export const chain = <Sees extends object>(shell: Shell<Sees>): Chain<object, Sees> => chainOf(shellSteps(shell));

const chainOf = <Known extends object, Sees extends object>(steps: Steps): Chain<Known, Sees> => ({
  use: (middleware) => chainOf([...steps, stepOf(middleware)]),
  to(run) {
    const handler = middy<Event, Response, Error, Carrier<Known>>({ timeoutEarlyInMillis });
    handler.use(steps);
    handler.handler(async (_event, context) => {
      context.outcome = { reply: await run(context.known) };
      return unwritten;
    });
    return async (event, context) => {
      // Nothing is known yet; the steps make it so before anything reads it.
      const carrier = { ...context, known: {} as Known, outcome: { error: undefined } };
      return (await handler(event, carrier)) ?? unwritten;
    };
  },
});

function stepOf<Known extends object, Adds extends object>({
  before,
  after,
}: Middleware<Known, Adds>): Step<Known & Adds> {
  const finish = ({ context }: { context: Carrier<Known & Adds> }) => after?.(context.known);
  return {
    ...(before && {
      before: ({ event, context: { known } }) => {
        const adds = before(known, event);
        if (adds instanceof Promise) return adds.then((later) => void Object.assign(known, later));
        Object.assign(known, adds);
      },
    }),
    ...(after && { after: finish, onError: finish }),
  };
}

/** middy tells a success from an error; what stands around the middlewares gets either as an outcome. */
const shellSteps = <Sees extends object>({ outer, envelope }: Shell<Sees>): Step<Partial<Sees>>[] => [
  ...outer.map(outerStep),
  envelopeStep(envelope),
];

const endedOf = <Sees extends object>(event: Event, context: Carrier<Partial<Sees>>): Ended<Sees> => ({
  known: context.known,
  outcome: context.outcome,
  event,
  msLeft: context.getRemainingTimeInMillis?.(),
});

function outerStep<Sees extends object>(outer: Outer<Sees>): Step<Partial<Sees>> {
  const finish: Step<Partial<Sees>>['after'] = (request) => {
    const { event, context, response } = request;
    request.response = outer(response ?? unwritten, endedOf(event, context));
  };
  return { after: finish, onError: finish };
}

const envelopeStep = <Sees extends object>(envelope: Shell<Sees>['envelope']): Step<Partial<Sees>> => ({
  after: (request) => {
    const { event, context } = request;
    request.response = envelope(endedOf(event, context));
  },
  onError: (request) => {
    const { event, context, error } = request;
    context.outcome = { error };
    request.response = envelope(endedOf(event, context));
  },
});
