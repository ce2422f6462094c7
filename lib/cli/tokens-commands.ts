/** The commands on our own Tokens, and on those that we received. */
import { type CommandSpec, choice, option } from './command.ts';
import { formats } from './import/entries.ts';
import { mostRemembered } from './import/warnings.ts';
import { allowedLocation, displayText, instant, instantOrNever, memberOfTokens, wholeNumber } from './options.ts';

const work = () => import('./tokens.ts');
const received = () => import('./received.ts');
const uid: CommandSpec['args'] = [['<uid>']];
const type = option('--type <type>', 'its type (default: RFID, or the only one with that uid)');
const yesNo = ['yes', 'no'];

export const tokensCommands: CommandSpec[] = [
  {
    name: 'import',
    args: [['<file>', 'the file, or - for standard input']],
    description: 'create or update Tokens of ours from a JSON array, from NDJSON (one object a line) or from CSV',
    options: [
      choice('--format <format>', 'default: by extension, else by the first characters', formats),
      option(
        '--set <name=value>',
        'for all Tokens in which it is missing or empty; may be given often',
        memberOfTokens,
      ),
      option('--published', 'new Tokens keep their last_updated: partners know it, from where the Tokens came from'),
      option('--restore', 'the file is one of `tokens export --backup`: what is lost comes back as it was').conflicts(
        'published',
      ),
      option('--dry-run', 'read and check the file, and write nothing'),
    ],
    more: `The members or columns are those of OCPI 2.3.0: uid, type, contract_id, issuer, valid and whitelist, and
if there are any visual_number, group_id, language, default_profile_type, energy_contract (in CSV two columns,
energy_contract.supplier_name and energy_contract.contract_id), last_updated, country_code and party_id (default: our
EMSP party).
CSV may have commas, semicolons or tabs, and spell its columns as in "Contract ID". Empty rows are left out.

Partners are told when a Token changed here. last_updated says which of two records of a file's source is newer: one that
is older than what came in before is left out (stale). Each known Token keeps its place in the list. What is left out, and
what is wrong, is reported on standard error with its line, or its element of a JSON array; the others go in, and the exit
code is 1. After any interruption run the same import again. With --published a new Token is in no delta that begins after
its date, so partners who do not know it see it with their next full pull. --restore overwrites nothing: it names what is
there and differs, which is no failure.

Warnings say by line what may come in but is hardly meant: a number as a spreadsheet rounds it (4.5E+12), a type that
OCPI does not name, a last_updated more than a day ahead, a Token that stands in the file twice (its first place is
remembered for ${mostRemembered.toLocaleString('en')} Tokens).

All that was read is created, updated, unchanged, stale, taken, invalid or not reached. With --json isComplete says
whether the file was read to its end and nothing was not reached. --dry-run looks at the file alone: what it accepts may
still turn out stale or taken.
`,
    examples: [
      'tokens.csv',
      'tokens.csv --dry-run --set issuer="Acme Mobility" --set valid=true',
      'export.json --json',
      '- --format ndjson < tokens.ndjson',
    ],
    load: async () => (await import('./tokens-import.ts')).runImport,
  },
  {
    name: 'get',
    args: uid,
    description: 'one Token, the settings beside it, and what partners have been told of it',
    options: [type],
    examples: ['DEMO0001', '0123 --type APP_USER --json'],
    load: async () => (await work()).getToken,
  },
  {
    name: 'list',
    description: 'our Tokens in order of creation, as partners get them',
    options: [
      option('--offset <number>', 'how many to skip', wholeNumber(0), 0),
      option('--limit <number>', 'how many to show', wholeNumber(1), 100),
      option('--date-from <datetime>', 'only with last_updated at or after this', instant),
      option('--date-to <datetime>', 'only with last_updated before this', instant),
      option('--party <words...>', 'only of this party of ours, such as NL LMS'),
    ],
    examples: ['--limit 20', '--date-from 2026-01-01T00:00:00Z --json', '--party NL LMS --offset 1000'],
    load: async () => (await work()).listTokens,
  },
  {
    name: 'export',
    description: 'all our Tokens in order of creation, as NDJSON on standard output',
    options: [option('--backup', 'with all that is kept beside them, for `tokens import --restore`')],
    examples: ['> tokens.ndjson', '--backup > backup.ndjson'],
    load: async () => (await work()).exportTokens,
  },
  {
    name: 'block',
    args: uid,
    description: 'stop a Token: real-time authorization says BLOCKED, and partners that keep copies get valid = false',
    options: [
      type,
      option('--why <text>', 'for our own records'),
      option('--info <language=text>', 'what the driver is told, in his language; may be repeated', displayText),
    ],
    examples: [
      'DEMO0001',
      'DEMO0001 --why "card reported lost" --info en="Please call us" --info de="Bitte rufen Sie an"',
    ],
    load: async () => (await work()).blockToken,
  },
  {
    name: 'unblock',
    args: uid,
    description: 'undo `tokens block`: the Token is again what its source says',
    options: [type],
    examples: ['DEMO0001'],
    load: async () => (await work()).unblockToken,
  },
  {
    name: 'set',
    args: uid,
    description: 'change what decides on real-time authorization beside the Token itself; what is not named stays',
    options: [
      type,
      option('--expires-at <datetime>', 'when it expires, or never', instantOrNever),
      choice('--credit <answer>', 'whether its account has credit', yesNo),
      choice('--needs-location <answer>', 'decide only where we know the location', yesNo),
      option(
        '--allow-location <location>',
        'charge only at these: LOC or LOC:EVSE,EVSE; may be repeated',
        allowedLocation,
      ).conflicts('allowAllLocations'),
      option('--allow-all-locations', 'charge everywhere'),
    ],
    examples: [
      'DEMO0001 --expires-at 2027-01-01T00:00:00Z --credit yes',
      'DEMO0001 --allow-location LOC1 --allow-location LOC2:EVSE1,EVSE2',
      'DEMO0001 --expires-at never --allow-all-locations',
    ],
    load: async () => (await work()).setToken,
  },
  {
    name: 'erase',
    args: uid,
    description: 'erase all that is kept of a uid, of ours and of what partners pushed (privacy law); cannot be undone',
    options: [option('--type <type>', 'only of this type (default: of all)')],
    more: 'A Token of ours is invalid at once, and goes when partners know. It keeps its place in the list, as an invalid one of a random uid.\nBackups and logs keep what they have.\n',
    examples: ['DEMO0001', 'DEMO0001 --type RFID --json'],
    load: async () => (await work()).eraseToken,
  },
];

const ofParty = option('--party <words...>', 'only of this party, such as DE DMS');

export const receivedCommands: CommandSpec[] = [
  {
    name: 'get',
    args: uid,
    description: 'the received Tokens of a uid, whoever owns them, of all types',
    examples: ['04E1F2A3B4C5D6', '04E1F2A3B4C5D6 --json'],
    load: async () => (await received()).getReceived,
  },
  {
    name: 'list',
    description: 'some of the received Tokens, and when they last came in',
    options: [ofParty, option('--limit <number>', 'how many to show', wholeNumber(1, 10_000), 100)],
    examples: ['', '--party DE DMS --limit 20'],
    load: async () => (await received()).listReceived,
  },
  {
    name: 'export',
    description: 'all received Tokens, or what came in since the last export, as NDJSON on standard output',
    options: [ofParty, option('--since <datetime>', 'what the last export said to use the next time', instant)],
    more: 'When it has ended it says on standard error what --since to use the next time; with --json as JSON.\n',
    examples: ['> received.ndjson', '--party DE DMS --since 2026-01-31T12:00:00Z > news.ndjson'],
    load: async () => (await received()).exportReceived,
  },
];
