/** Text to JSON. The Content-Type is not looked at: it says nothing that the text does not (TRN-20, TRN-21). */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { notJson } from '../../errors.ts';
import type { Middleware } from '../request.ts';

const textOf = ({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): string =>
  isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;

/** @throws 400 for text that is not JSON (TRN-40); an empty body is none, which only an optional body may be */
export const jsonBody = ({ isOptional }: { isOptional: boolean }): Middleware => ({
  before: ({ event, context }) => {
    const text = textOf(event);
    if (isOptional && text.trim() === '') return;
    try {
      context.ocpi.body = JSON.parse(text);
    } catch (error) {
      throw notJson(error);
    }
  },
});
