/** The Tokens module: its Receiver interface, to which eMSPs push, and its Sender interface, which CPOs read and ask. */
import { forbidden, invalid, notEnoughInformation, notFound, unknownToken } from '../../errors.ts';
import { partiesOf } from '../../ocpi/versions.ts';
import type { Wire } from '../../wire/wire.ts';
import { schemaNamed } from '../json-schema.ts';
import { examplesOf, ownToken, pushedToken } from './examples.ts';
import { ownerInPath, pageHeaders, pageInQuery, typeInQuery, uidInPath } from './headers.ts';
import type { Described, Operation, Paths } from './operation.ts';

const notTheirs = notFound('"DE XXX" is no party whose Tokens this connection may push');
const notACpo = forbidden('The Sender interface is for charge point operators, not for eMSPs');

function receiver(wire: Wire, platform: Described): Paths {
  const examples = examplesOf(wire, platform, 'CPO');
  const of = {
    tag: 'Receiver',
    callers: ['emsp'],
    parameters: [...ownerInPath(pushedToken), uidInPath(pushedToken.uid), ...typeInQuery(wire)],
  } as const satisfies Partial<Operation>;
  const unknown = unknownToken(wire.unknownTokenStatus);
  const wrongType = invalid('type should be RFID as in the URL, but was OTHER');
  return {
    [`/ocpi/cpo/${wire.version}/tokens/{country_code}/{party_id}/{token_uid}`]: {
      get: {
        ...of,
        id: 'getToken',
        summary: 'What we hold of one of your Tokens.',
        successes: [{ description: 'The Token', data: schemaNamed('Token'), example: examples.pushed }],
        errors: [invalid('token_uid should be a string of 1 to 36 printable ASCII characters'), notTheirs, unknown],
      },
      put: {
        ...of,
        id: 'putToken',
        summary: 'Creates or replaces one of your Tokens.',
        description:
          'URL and body must name the same Token. One that is older than what we hold is taken without an error and changes nothing, because pushes overtake each other.',
        body: { schema: schemaNamed('PushedToken'), required: true, example: examples.pushed },
        successes: [{ description: 'Replaced, or nothing new' }, { http: 201, description: 'Created' }],
        errors: [wrongType, notTheirs],
      },
      patch: {
        ...of,
        id: 'patchToken',
        summary: 'Changes some members of one of your Tokens.',
        description: `Null clears an optional member.${wire.patchRequiresLastUpdated ? ' last_updated is always needed.' : ''}`,
        body: { schema: schemaNamed('TokenChanges'), required: true, example: examples.changes },
        successes: [{ description: 'Changed' }],
        errors: [notTheirs, unknown],
      },
    },
  };
}

function sender(wire: Wire, platform: Described): Paths {
  const examples = examplesOf(wire, platform, 'EMSP');
  const { uid, ...owner } = ownToken(platform);
  const root = `/ocpi/emsp/${wire.version}/tokens`;
  const authorize: Operation = {
    id: 'authorizeToken',
    tag: 'Sender',
    callers: ['cpo'],
    parameters: [uidInPath(uid), ...typeInQuery(wire)],
    summary: 'Whether one of our Tokens may charge, now and here.',
    description: 'The body says where; without one the answer is about no place in particular.',
    body: {
      schema: { anyOf: [schemaNamed('LocationReferences'), schemaNamed('NoLocation'), { type: 'null' }] },
      required: false,
      example: examples.location,
    },
    successes: [
      { description: 'The decision', data: schemaNamed('AuthorizationInfo'), example: examples.authorization },
    ],
    errors: [notEnoughInformation(), notACpo, unknownToken(wire.unknownTokenStatus)],
  };
  return {
    [`${root}/`]: {
      get: {
        id: 'listTokens',
        tag: 'Sender',
        callers: ['cpo'],
        parameters: pageInQuery(platform),
        summary: 'Our Tokens, page by page, in the order of their creation.',
        description:
          'Follow Link until there is none. Begin the next time with the date_from of when you began this time.',
        successes: [
          {
            description: 'A page',
            data: { type: 'array', items: schemaNamed('Token') },
            example: [examples.own],
            headers: pageHeaders(platform),
          },
        ],
        errors: [invalid('limit should be a whole number from 1 on, but was "0"'), notACpo],
      },
    },
    [`${root}/{token_uid}/authorize`]: { post: authorize },
    [`${root}/{country_code}/{party_id}/{token_uid}/authorize`]: {
      post: {
        ...authorize,
        id: 'authorizeTokenOfOwner',
        summary: 'The same with our party in front of the uid, as some clients send it.',
        deprecated: true,
        parameters: [...ownerInPath(owner), ...(authorize.parameters ?? [])],
      },
    },
  };
}

export const tokensPaths = (wire: Wire, platform: Described): Paths => ({
  ...(partiesOf(platform, 'CPO').length > 0 && receiver(wire, platform)),
  ...(partiesOf(platform, 'EMSP').length > 0 && sender(wire, platform)),
});
