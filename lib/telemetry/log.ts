/** One JSON object a line on standard output, as CloudWatch Logs Insights likes it. */
import type { LogLevel } from '../runtime/config.ts';
import type { Metrics } from './metrics.ts';

type Fields = Record<string, unknown>;

export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** What counts and measures, where somebody makes metrics of it. */
  metrics?: Metrics;
}

const severity: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };

/** Never written, wherever they turn up: secrets and what identifies a driver. */
const redacted = new Set(['auth_token', 'authorization', 'token', 'uid', 'id', 'contract_id', 'visual_number']);

const redact = (key: string, value: unknown): unknown => {
  if (redacted.has(key.toLowerCase())) return '[redacted]';
  // The stack begins with the message; what else an error carries may hold data of ours.
  if (value instanceof Error) return { stack: value.stack, ...(value.cause !== undefined && { cause: value.cause }) };
  return value;
};

/** Most lines have nothing to hide or to unfold, and asking about each value is half of what a line costs. */
const isPlain = (fields: Fields): boolean =>
  Object.entries(fields).every(([key, value]) => typeof value !== 'object' && !redacted.has(key.toLowerCase()));

/** A log all of whose lines say the same of where they come from. */
export const logAbout = (log: Log, about: Fields): Log => ({
  ...log,
  debug: (message, fields) => log.debug(message, { ...about, ...fields }),
  info: (message, fields) => log.info(message, { ...about, ...fields }),
  warn: (message, fields) => log.warn(message, { ...about, ...fields }),
  error: (message, fields) => log.error(message, { ...about, ...fields }),
});

export function createLog(
  level: LogLevel,
  now: () => Date,
  write: (line: string) => void = (line) => process.stdout.write(line),
): Log {
  const at =
    (lineLevel: LogLevel) =>
    (message: string, fields: Fields = {}) => {
      if (severity[lineLevel] < severity[level]) return;
      const line = { level: lineLevel, time: now().toISOString(), message, ...fields };
      write(`${isPlain(fields) ? JSON.stringify(line) : JSON.stringify(line, redact)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
