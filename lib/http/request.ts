/** What every request and every answer is, whoever asks: a partner, or the owner. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

export type Event = APIGatewayProxyEventV2;
export type Response = APIGatewayProxyStructuredResultV2;

/** What is known of every request. */
export interface Begun {
  receivedAt: Date;
  /** Such as `PUT /ocpi/cpo/{version}/tokens/{path+}`. */
  routeKey: string;
  /** The rest of the path, behind the endpoint's own: `NL/TNM/012345678`. */
  path: string;
  query: Partial<Record<string, string>>;
}

export interface WithBody {
  /** Any JSON; undefined where none was sent and none is needed. */
  body: unknown;
}

/** A success, as an endpoint returns it. */
export interface Reply {
  /** HTTP status code; 200 if absent. */
  http?: number;
  data?: unknown;
  /** In place of data: text that is sent as it is. */
  text?: string;
  headers?: Record<string, string>;
}

/** What the endpoint returned, or what was thrown on the way to it or in it. */
export type Outcome = { reply: Reply } | { error: unknown };
