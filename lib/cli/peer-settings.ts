/** `peers settings`: what OCPI leaves open and partners differ in. */
import { type Command, Option } from 'commander';
import { changePeer } from '../credentials/initiate.ts';
import { defaultTimeoutMs } from '../credentials/peer-access.ts';
import { decode } from '../ocpi/values.ts';
import type { PartyId } from '../ocpi/versions.ts';
import { isHub } from '../peers/peer.ts';
import { type PeerSettings, peerSettings, profiles } from '../peers/settings.ts';
import { Failure } from './failure.ts';
import { findPeer, settingsInOrder } from './known-peers.ts';
import { examples, parseParties, wholeNumber } from './options.ts';
import { inSession, type Session } from './session.ts';
import { type Terminal, table } from './terminal.ts';

type YesNo = 'yes' | 'no' | 'default';

/** `default` takes a setting back. */
export interface SettingOptions {
  profile?: keyof typeof profiles;
  authorizationEncoding?: 'raw' | 'base64' | 'default';
  routingHeaders?: YesNo;
  timeout?: number | 'default';
  requiresTokens?: YesNo;
  hub?: YesNo;
  hubParty?: string[];
  /** false: none. */
  hubParties?: boolean;
  expectedParty?: string[];
  /** false: any. */
  expectedParties?: boolean;
}

const profileNames = Object.keys(profiles);

/** The options by which settings are given to a peer when it is invited or registered. */
export const addSettingOptions = (command: Command): Command => addOptions(command, []);

function addOptions(command: Command, more: ['default'] | []): Command {
  const timeout = (text: string) => (text === 'default' && more.length > 0 ? text : wholeNumber(100, 20_000)(text));
  const orDefault = more.length > 0 ? ', or default' : '';
  return command
    .addOption(new Option('--profile <name>', 'ready-made settings for known partners').choices(profileNames))
    .addOption(
      new Option(
        '--authorization-encoding <encoding>',
        'how they read our token (default: found out by trying)',
      ).choices(['raw', 'base64', ...more]),
    )
    .addOption(
      new Option('--routing-headers <answer>', 'whether OCPI-to and OCPI-from go with our requests').choices([
        'yes',
        'no',
        ...more,
      ]),
    )
    .option('--timeout <ms>', `how long they may take for a request, 100 to 20000${orDefault}`, timeout)
    .addOption(
      new Option('--requires-tokens <answer>', 'whether they have to offer the Tokens module').choices([
        'yes',
        'no',
        ...more,
      ]),
    )
    .addOption(
      new Option('--hub <answer>', 'whether they are a hub, which lists parties of others too').choices([
        'yes',
        'no',
        ...more,
      ]),
    )
    .option('--hub-party <words...>', 'a party that they speak for as a hub, such as DE ABC; may be repeated');
}

/** Adds the command to the group `peers`. */
export function addPeerSettings(peers: Command, program: Command, terminal: Terminal): void {
  addOptions(peers.command('settings').argument('<id>'), ['default'])
    .description('show what is set for a peer, or change what is named')
    .addOption(new Option('--no-hub-parties', 'they speak for nobody but whom they announce').conflicts('hubParty'))
    .option('--expected-party <words...>', 'a party that they may announce, such as DE ABC; may be repeated')
    .addOption(
      new Option('--no-expected-parties', 'they may announce any party that is nobody else’s').conflicts(
        'expectedParty',
      ),
    )
    .addHelpText(
      'after',
      examples(program.name(), [
        'peers settings acme',
        'peers settings acme --profile gireve',
        'peers settings acme --timeout 12000 --authorization-encoding default',
        'peers settings hubject --hub yes --hub-party DE ABC --hub-party FR DEF',
      ]),
    )
    .action(inSession(terminal, settings));
}

const answers = { yes: true, no: false, default: undefined } as const;

/**
 * @param before what is set; what no option names stays, and a profile comes before the other options
 * @throws Failure
 */
export function changedSettings(before: PeerSettings, options: SettingOptions): PeerSettings {
  const { profile, authorizationEncoding, routingHeaders, timeout, requiresTokens, hub } = options;
  const settings: Record<string, unknown> = { ...before, ...(profile && profiles[profile]) };
  const set = (name: keyof PeerSettings, given: unknown, value: unknown) => {
    if (given !== undefined) settings[name] = value === 'default' ? undefined : value;
  };
  set('authorizationEncoding', authorizationEncoding, authorizationEncoding);
  set('sendsRoutingHeaders', routingHeaders, routingHeaders && answers[routingHeaders]);
  set('timeoutMs', timeout, timeout);
  set('requiresTokensModule', requiresTokens, requiresTokens && answers[requiresTokens]);
  set('isHub', hub, hub && answers[hub]);
  set('hubParties', options.hubParty, options.hubParty && parseParties(options.hubParty));
  set('expectedParties', options.expectedParty, options.expectedParty && parseParties(options.expectedParty));
  if (options.hubParties === false) delete settings.hubParties;
  if (options.expectedParties === false) delete settings.expectedParties;
  try {
    return decode(peerSettings, settings, 'the settings');
  } catch (error) {
    throw new Failure('usage', (error as Error).message, { cause: error });
  }
}

const isChange = ({ hubParties = true, expectedParties = true, ...others }: SettingOptions): boolean =>
  !hubParties || !expectedParties || Object.values(others).some((value) => value !== undefined);

async function settings(session: Session, id: string, options: SettingOptions): Promise<void> {
  // Before the database is asked, so that a wrong value is wrong even if there is no such peer.
  changedSettings({}, options);
  const { data } = await findPeer(session, id);
  if (!isChange(options)) return answerWith(session, id, data.settings ?? {});

  const { backend } = await session.database();
  const changed = await changePeer({ backend }, id, (peer) => ({
    ...peer,
    settings: changedSettings(peer.settings ?? {}, options),
  }));
  if (options.hubParty && changed.connection && !isHub(changed)) {
    session.note(`${id} is no hub, so --hub-party changes nothing as long as it announces itself as it does`);
  }
  answerWith(session, id, changed.settings ?? {});
}

const answerWith = (session: Session, id: string, settings: PeerSettings): void =>
  session.answer({ id, settings: settingsInOrder(settings) }, describeSettings(settings));

const yesNo = (value: boolean | undefined, byDefault: string): string =>
  value === undefined ? `default: ${byDefault}` : value ? 'yes' : 'no';

const spellParties = (parties: PartyId[] | undefined): string | undefined =>
  parties?.map(({ country_code, party_id }) => `${country_code} ${party_id}`).join(', ');

/** Every setting, by the name of its option. */
export function describeSettings(settings: PeerSettings): string {
  const { authorizationEncoding, sendsRoutingHeaders, timeoutMs, requiresTokensModule } = settings;
  const { isHub, hubParties, expectedParties } = settings;
  return table([
    ['--authorization-encoding', authorizationEncoding ?? 'default: found out by trying'],
    ['--routing-headers', yesNo(sendsRoutingHeaders, 'yes')],
    ['--timeout', String(timeoutMs ?? `default: ${defaultTimeoutMs}`)],
    ['--requires-tokens', yesNo(requiresTokensModule, 'yes')],
    ['--hub', yesNo(isHub, 'no')],
    ['--hub-party', spellParties(hubParties) ?? 'none'],
    ['--expected-party', spellParties(expectedParties) ?? 'default: any that is nobody else’s'],
  ]);
}
