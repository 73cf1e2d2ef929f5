import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import prettyLines from 'pino-pretty';
import { describeError } from '../error.ts';

export type { Logger } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * JSON lines on standard output, pretty in a terminal. Ids always, payloads never: of an error only name, message, code
 * and stack are logged, because an AWS error carries the stored item.
 */
export function createLogger(
  options: { readonly service: string; readonly level: LogLevel; readonly pretty: boolean },
  destination?: DestinationStream,
): Logger {
  const settings: LoggerOptions = {
    level: options.level,
    base: { service: options.service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: errorFields },
  };
  if (destination) return pino(settings, destination);
  if (options.pretty) return pino(settings, prettyLines({ sync: true }));
  // Synchronous, so that the last lines before an exit are not lost.
  return pino(settings, pino.destination({ fd: 1, sync: true }));
}

function errorFields(error: unknown): { message: string; code?: string; stack?: string } {
  const fields = { message: describeError(error) };
  if (!(error instanceof Error)) return fields;
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { ...fields, ...code, ...(error.stack && { stack: error.stack }) };
}
