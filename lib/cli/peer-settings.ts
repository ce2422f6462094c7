/** `peers settings`: what OCPI leaves open and partners differ in. */
import type { PartyId } from '../ocpi/versions.ts';
import { changePeerSettings, type PeerView, showPeer } from '../operator/api/peers.ts';
import type { profiles } from '../peers/profiles.ts';
import type { PeerSettings } from '../peers/settings.ts';
import type { Session } from './session.ts';
import { keyOf, severals, singles } from './setting-options.ts';
import { table } from './terminal.ts';
import { spellParty } from './tokens.ts';

/** As commander has them: `hubParties: false` is `--no-hub-parties`, and true where nothing was said. */
export interface SettingOptions {
  profile?: keyof typeof profiles;
  [key: string]: unknown;
}

const answers: Record<string, unknown> = { yes: true, no: false, default: null };
const settingOf = (given: unknown): unknown =>
  typeof given === 'string' && Object.hasOwn(answers, given) ? answers[given] : given;

/**
 * @returns the settings that options name; null takes one back
 * @throws Failure for what is no party
 */
export function namedSettings(options: SettingOptions): Record<string, unknown> {
  const named: Record<string, unknown> = {};
  for (const { setting, flag } of singles) {
    const given = options[keyOf(flag)];
    if (given !== undefined) named[setting] = settingOf(given);
  }
  for (const { setting, flag, none, read } of severals) {
    const words = options[keyOf(flag)];
    if (words !== undefined) named[setting] = read(words as string[]);
    else if (options[keyOf(none)] === false) named[setting] = null;
  }
  return named;
}

export async function settings(session: Session, id: string, options: SettingOptions): Promise<void> {
  const { profile } = options;
  const named = namedSettings(options);
  if (profile === undefined && Object.keys(named).length === 0) {
    return answerWith(session, (await session.call(showPeer, { id })).peer);
  }
  const { peer } = await session.call(changePeerSettings, { id, ...(profile && { profile }), settings: named });
  if (named.hubParties && peer.versionsUrl && !peer.isHub) {
    session.note(`${id} is no hub, so --hub-party changes nothing as long as it announces itself as it does`);
  }
  answerWith(session, peer);
}

const answerWith = (session: Session, { id, settings }: PeerView): void =>
  session.answer({ id, settings }, describeSettings(settings));

function spellItem(item: string | (PartyId & { issuer?: string })): string {
  if (typeof item === 'string') return item;
  return item.issuer === undefined ? spellParty(item) : `${item.issuer}=${spellParty(item)}`;
}

function spell(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (!Array.isArray(value)) return String(value);
  return value.map(spellItem).join(', ');
}

/** Every setting, by the name of its option. */
export function describeSettings(settings: PeerSettings): string {
  const rows = [
    ...singles.map(({ byDefault, ...row }) => ({ ...row, byDefault: `default: ${byDefault}` })),
    ...severals,
  ];
  return table(
    rows.map(({ setting, flag, byDefault }) => {
      const value = settings[setting];
      return [`--${flag}`, value === undefined ? byDefault : spell(value)];
    }),
  );
}
