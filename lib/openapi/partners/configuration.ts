/** The versions and credentials modules, of one tree for all our roles, or one for each. */
import {
  cannotUseApi,
  endpointsMissing,
  invalid,
  tooManyHandshakes,
  versionNotOffered,
  wrongRegistrationState,
} from '../../errors.ts';
import { hasTreePerRole, partiesOf, type Role } from '../../ocpi/versions.ts';
import type { Wire } from '../../wire/wire.ts';
import { schemaNamed } from '../json-schema.ts';
import { examplesOf } from './examples.ts';
import type { Caller, Described, Operation, Paths } from './operation.ts';

/** The partner of a role of ours is the other; where all roles have one tree, either. */
const callersOf = (ourRole: Role | undefined): readonly Caller[] => {
  if (ourRole === undefined) return ['emsp', 'cpo'];
  return ourRole === 'CPO' ? ['emsp'] : ['cpo'];
};

/** What can go wrong when we ask the caller's own API (CRED-33, CRED-34). */
const ofHandshake = [
  invalid('roles should be a list of at least one role, but is missing'),
  tooManyHandshakes(),
  cannotUseApi('Your API could not be used: there was no answer within 10 s'),
  versionNotOffered('2.3.0'),
  endpointsMissing(['credentials']),
];

function tree(wire: Wire, platform: Described, ourRole: Role | undefined): Paths {
  const root = `/ocpi${ourRole ? `/${ourRole.toLowerCase()}` : ''}`;
  const examples = examplesOf(wire, platform, ourRole);
  const callers = callersOf(ourRole);
  const of = (verb: string, tag: 'Versions' | 'Credentials') => ({
    id: `${verb}${ourRole === undefined ? '' : `As${ourRole === 'CPO' ? 'Cpo' : 'Emsp'}`}`,
    tag,
    callers,
  });
  const ours = [{ description: 'Our credentials', data: schemaNamed('Credentials'), example: examples.ours }];
  const theirs: Operation['body'] = {
    schema: schemaNamed('PartnersCredentials'),
    required: true,
    example: examples.partners,
  };
  return {
    [`${root}/versions`]: {
      get: {
        ...of('listVersions', 'Versions'),
        summary: 'The versions that we serve, and where.',
        successes: [
          {
            description: 'The versions',
            data: { type: 'array', items: schemaNamed('VersionEntry') },
            example: examples.versions,
          },
        ],
        errors: [],
      },
    },
    [`${root}/${wire.version}`]: {
      get: {
        ...of('getVersion', 'Versions'),
        summary: 'The endpoints of this version.',
        successes: [{ description: 'The endpoints', data: schemaNamed('VersionDetails'), example: examples.details }],
        errors: [],
      },
    },
    [`${root}/${wire.version}/credentials`]: {
      get: {
        ...of('getCredentials', 'Credentials'),
        summary: 'Our credentials for you.',
        successes: ours,
        errors: [],
      },
      post: {
        ...of('postCredentials', 'Credentials'),
        summary: 'Registers you, with the token that our invitation gave you.',
        description: 'Before we answer we ask your versions and your version details with the token in the body.',
        body: theirs,
        successes: ours,
        errors: [
          ...ofHandshake,
          wrongRegistrationState('You are registered already: use PUT to change your credentials', true),
        ],
      },
      put: {
        ...of('putCredentials', 'Credentials'),
        summary: 'Changes your credentials, and ours with them; or moves you to this version.',
        description: 'Your old token is good until you use the new one. Before we answer we ask your API, as for POST.',
        body: theirs,
        successes: ours,
        errors: [...ofHandshake, wrongRegistrationState('You are not registered: use POST to register', false)],
      },
      delete: {
        ...of('deleteCredentials', 'Credentials'),
        summary: 'Ends the connection.',
        successes: [{ description: 'You are not registered any more' }],
        errors: [wrongRegistrationState('You are not registered', false)],
      },
    },
  };
}

export function configurationPaths(wire: Wire, platform: Described): Paths {
  if (!hasTreePerRole(wire.version)) return tree(wire, platform, undefined);
  const roles = (['CPO', 'EMSP'] as const).filter((role) => partiesOf(platform, role).length > 0);
  return Object.assign({}, ...roles.map((role) => tree(wire, platform, role))) as Paths;
}
