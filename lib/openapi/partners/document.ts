/** The OpenAPI document of what partners call, one for each version of OCPI: made of the schemas that validate and the table of errors. */
import { methodNotAllowed, notFound, unsupportedVersion } from '../../errors.ts';
import type { Wire } from '../../wire/wire.ts';
import { refusalOf, sharedResponses } from './answers.ts';
import { configurationPaths } from './configuration.ts';
import { sharedHeaders, sharedParameters } from './headers.ts';
import { type Described, describeOperation } from './operation.ts';
import { schemasOf } from './schemas.ts';
import { tokensPaths } from './tokens.ts';

const about = (wire: Wire): string =>
  [
    `OCPI ${wire.version}: the Tokens module, and the versions and credentials modules around it.`,
    'Every answer comes in the envelope of OCPI. What is wrong within a request that is well-formed is HTTP 200 with a status_code from 2000 on; 3000 and more are failures.',
    'All paths are good with and without a slash at the end. A character of a token_uid that a path cannot hold is percent-encoded.',
    'Members that are not described are ignored, as are other parameters. The Content-Type of a request is not looked at; its body is JSON in UTF-8. Large answers are compressed for who sends Accept-Encoding: gzip.',
    'A method that a path does not have is answered as MethodNotAllowed, a path that there is not as NoSuchPath (components, responses).',
  ].join('\n\n');

const tokenIn = ({ authorizationEncodings: [usual] }: Wire): string =>
  usual === 'base64' ? 'the credentials token in Base64' : 'the credentials token as it is';

/** @returns OpenAPI 3.1, as JSON */
export function partnersDocument(wire: Wire, platform: Described): Record<string, unknown> {
  const paths = { ...configurationPaths(wire, platform), ...tokensPaths(wire, platform) };
  const scheme = (description: string) => ({
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: `${description}. The value is \`Token \`, then ${tokenIn(wire)}`,
  });
  return {
    openapi: '3.1.1',
    info: {
      title: `OCPI ${wire.version} Tokens${platform.business.name ? ` of ${platform.business.name}` : ''}`,
      version: wire.version,
      description: about(wire),
    },
    servers: [{ url: platform.publicUrl }],
    tags: [
      { name: 'Receiver', description: 'We are the CPO: an eMSP pushes its Tokens to us' },
      { name: 'Sender', description: 'We are the eMSP: a CPO reads our Tokens and asks about them' },
      { name: 'Versions', description: 'What we serve, and where' },
      { name: 'Credentials', description: 'The handshake' },
    ],
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, methods]) => [
        path,
        Object.fromEntries(
          Object.entries(methods).map(([method, operation]) => [method, describeOperation(wire, operation)]),
        ),
      ]),
    ),
    components: {
      schemas: schemasOf(wire),
      parameters: sharedParameters(wire),
      headers: sharedHeaders(wire),
      responses: {
        ...sharedResponses(wire),
        MethodNotAllowed: refusalOf(wire, [methodNotAllowed(['GET'])]),
        NoSuchPath: refusalOf(wire, [notFound('There is no such endpoint'), unsupportedVersion('2.0')]),
      },
      securitySchemes: {
        emsp: scheme('The token of an eMSP, who pushes its Tokens'),
        cpo: scheme('The token of a CPO, who reads our Tokens'),
      },
    },
  };
}
