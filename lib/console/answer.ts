/** Asks the owner's API in the name of the page. */
import type { Operation, Problem } from '../operator/api/operation.ts';
import { type OperatorClient, ProblemResponse } from '../operator/client.ts';
import { NoAnswer } from '../operator/send.ts';

/** What the page gets: it is no failure of the console if the API says no, so both come with 200. */
export type CallAnswer =
  | { output: unknown }
  | { problem: { type: string; detail: string; errors: NonNullable<Problem['errors']> } };

/** @throws what is neither a problem that the API names nor its silence */
export async function answerTo(client: OperatorClient, operation: Operation, input: unknown): Promise<CallAnswer> {
  try {
    return { output: await outputOf(client, operation, input) };
  } catch (error) {
    if (error instanceof ProblemResponse)
      return { problem: { type: error.type, detail: error.message, errors: error.errors } };
    if (error instanceof NoAnswer) return { problem: { type: 'no-answer', detail: error.message, errors: [] } };
    throw error;
  }
}

/** @returns of an operation that gives lines the first page, which is enough to look at */
async function outputOf(client: OperatorClient, operation: Operation, input: unknown): Promise<unknown> {
  if (!operation.givesLines) return client.call(operation, input);
  for await (const page of client.pages({ ...operation, givesLines: true }, input)) return page;
  return undefined;
}
