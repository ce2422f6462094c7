/** The only reader of the environment; README, "Configuration", has the table. */
import { fold } from '../ocpi/values.ts';
import type { OwnParty, Role } from '../ocpi/versions.ts';

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Config {
  /** Where partners reach us, without a slash at the end. */
  publicUrl: string;
  /** The parties that we are, in the order in which their Tokens are listed. */
  parties: OwnParty[];
  pageSize: { default: number; max: number };
  logLevel: LogLevel;
  /** Whether this process is a deployed function. */
  isLambda: boolean;
  /** The deployment and the function, as what is measured names them; a deployed one has both. */
  service: string;
  functionName: string;
  tables: { tokens: string; peers: string; records: string };
  /** A DynamoDB other than the region's own. */
  dynamodbEndpoint: string | undefined;
  /** What partners are told of the company behind our parties. */
  business: { name: string | undefined; website: string | undefined };
  /** What encrypts the tokens that partners give us: `kms:KEY` or `file:PATH`. */
  secretsKey: string | undefined;
  /** The queue of those that syncing wakes; only its functions need it. */
  syncQueueUrl: string | undefined;
  /** `local` also allows http and this machine in the URLs that partners give us; only for runs on one machine (CRED-14). */
  peerUrls: 'public' | 'local';
  /** How long a CREDENTIALS_TOKEN_A is good. */
  invitationDays: number;
  /** How long a replaced token stays good if the new one is not used. */
  rotationGraceHours: number;
  /** After how many days a Token that is being erased goes, even if a partner does not know yet. */
  eraseAfterDays: number;
}

/** So many of the largest Tokens that OCPI allows make 4 MB, and a function may answer with 6. */
const maxPageSize = 2_000;

const isOneOf = <T extends string>(values: readonly T[], value: string): value is T => values.includes(value as T);

/**
 * @param text such as `CPO NL LCP, EMSP NL LMS`
 * @throws Error that quotes what is wrong
 */
export function parseParties(text: string): OwnParty[] {
  const parties = text.split(',').map((entry) => {
    const [, role, country_code, party_id] = /^\s*(CPO|EMSP)\s+(\w{2})\s+(\w{3})\s*$/i.exec(entry) ?? [];
    if (!role || !country_code || !party_id) throw new Error(`"${entry.trim()}" is not like "CPO NL LCP"`);
    return { role: fold(role) as Role, country_code: fold(country_code), party_id: fold(party_id) };
  });
  if (new Set(parties.map((party) => JSON.stringify(party))).size < parties.length) {
    throw new Error(`"${text}" names a party twice`);
  }
  return parties;
}

/** @throws one Error that names everything that is missing or wrong */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];

  function read<T>(name: string, fallback: string | undefined, parse: (text: string) => T): T {
    const text = env[name] || fallback;
    try {
      if (text === undefined) throw new Error('is missing');
      return parse(text);
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
      return undefined as T;
    }
  }

  const text = (value: string) => value;
  const count = (value: string) => {
    if (!/^[1-9]\d{0,5}$/.test(value)) throw new Error(`"${value}" is not a positive number`);
    return Number(value);
  };
  const countFrom0 = (value: string) => (value === '0' ? 0 : count(value));
  const atMost = (max: number, value: number) => {
    if (value > max) throw new Error(`${value} is more than ${max}`);
    return value;
  };
  const url = (value: string) => {
    if (!/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
      throw new Error(`"${value}" is not an absolute http(s) URL`);
    return value.replace(/\/+$/, '');
  };
  const oneOf =
    <T extends string>(values: readonly T[]) =>
    (value: string): T => {
      if (!isOneOf(values, value)) throw new Error(`"${value}" is not one of ${values.join(', ')}`);
      return value;
    };

  const service = env.SERVICE_NAME || 'ocpi-tokens';
  const config: Config = {
    publicUrl: read('PUBLIC_URL', undefined, url),
    parties: read('OCPI_PARTIES', undefined, parseParties),
    pageSize: {
      default: read('PAGE_SIZE_DEFAULT', '100', count),
      max: read('PAGE_SIZE_MAX', '1000', (value) => atMost(maxPageSize, count(value))),
    },
    isLambda: Boolean(env.AWS_LAMBDA_FUNCTION_NAME),
    service,
    functionName: (env.AWS_LAMBDA_FUNCTION_NAME ?? '').replace(`${service}-`, ''),
    logLevel: read('LOG_LEVEL', 'info', oneOf(logLevels)),
    tables: {
      tokens: read('TOKENS_TABLE', undefined, text),
      peers: read('PEERS_TABLE', undefined, text),
      records: read('RECORDS_TABLE', undefined, text),
    },
    dynamodbEndpoint: env.DYNAMODB_ENDPOINT || undefined,
    business: { name: env.BUSINESS_NAME || undefined, website: env.BUSINESS_WEBSITE || undefined },
    secretsKey: env.SECRETS_KEY || undefined,
    syncQueueUrl: env.SYNC_QUEUE_URL || undefined,
    peerUrls: read('PEER_URLS', 'public', oneOf(['public', 'local'])),
    invitationDays: read('INVITATION_DAYS', '7', count),
    rotationGraceHours: read('ROTATION_GRACE_HOURS', '24', count),
    eraseAfterDays: read('ERASE_AFTER_DAYS', '7', countFrom0),
  };
  if (config.pageSize.default > config.pageSize.max) {
    problems.push('PAGE_SIZE_DEFAULT: is greater than PAGE_SIZE_MAX');
  }
  if (problems.length > 0) throw new Error(`The configuration is not complete. ${problems.join('. ')}.`);
  return config;
}
