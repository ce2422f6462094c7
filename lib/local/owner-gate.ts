/** Who may use the owner's API of a local server: a program of this machine that comes straight to it and has the key. */
import { userInfo } from 'node:os';
import { headersOf, isSameSecret, localGate } from '../operator/local-gate.ts';
import type { HttpRequest } from './gateway-event.ts';
import { gatewayMessage } from './gateway-response.ts';
import type { Admission } from './http-api.ts';

interface Gate {
  port: number;
  key: string;
}

/** Judges every request to the owner's API, also one to a path that it does not have. */
export function ownerGate({ port, key }: Gate): (request: HttpRequest) => Admission {
  const refusalOf = localGate(port);
  const authorizer = { iam: { userArn: `local:user/${userInfo().username}` } };

  return ({ rawHeaders }) => {
    const why = refusalOf(rawHeaders);
    if (why) return { refusal: gatewayMessage(403, `Forbidden: ${why}`) };
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(headersOf(rawHeaders).get('authorization') ?? '') ?? [];
    if (!isSameSecret(given, key))
      return { refusal: gatewayMessage(401, 'Unauthorized: the key is in local.json of the data directory') };
    return { authorizer };
  };
}
