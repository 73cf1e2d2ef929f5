import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import prettyLines from 'pino-pretty';
import type { Clock } from '../clock.ts';
import { describeError, isExpected, isServiceError } from '../error.ts';
import { calmLines } from './calm-log.ts';

export type { Logger } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * JSON lines on standard output; in a terminal one line each, for people. Ids always, payloads never: of an error only
 * name, message, code, status and request are logged, because an AWS error carries the stored item. The stack comes with
 * errors that nobody expects, and with all at level `debug`.
 */
export function createLogger(
  options: {
    readonly service: string;
    readonly level: LogLevel;
    readonly pretty: boolean;
    /** With it, what repeats is said every 30 s ({@link calmLines}). */
    readonly clock?: Pick<Clock, 'monotonic'>;
    /** Called when nobody reads standard output any more (`| head`). */
    readonly onUnread?: () => void;
  },
  destination?: DestinationStream,
): Logger {
  const settings: LoggerOptions = {
    level: options.level,
    base: { service: options.service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: rounded },
    ...(options.clock && { hooks: calmLines(options.clock) }),
    serializers: { err: errorFields(options.level === 'debug' || options.level === 'trace') },
  };
  if (destination) return pino(settings, destination);
  if (options.pretty)
    return pino(
      settings,
      prettyLines({ sync: true, singleLine: true, ignore: 'pid,service', errorLikeObjectKeys: [] }),
    );
  // Synchronous, so that the last lines before an exit are not lost.
  const output = pino.destination({ fd: 1, sync: true });
  // pino's own listener makes it silent.
  output.on('error', () => options.onUnread?.());
  return pino(settings, output);
}

/** The fields with each number as a person reads it: whole, or in thousandths where it is below 10. */
function rounded(fields: Record<string, unknown>): Record<string, unknown> {
  let result = fields;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'number' || !Number.isFinite(value) || Number.isInteger(value)) continue;
    result = { ...result, [name]: Math.abs(value) < 10 ? Number(value.toFixed(3)) : Math.round(value) };
  }
  return result;
}

type ErrorFields = {
  readonly message: string;
  readonly code?: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly stack?: string;
};

const errorFields =
  (withEveryStack: boolean) =>
  (error: unknown): ErrorFields => {
    const message = describeError(error);
    if (!(error instanceof Error)) return { message };
    const stack = withEveryStack || !isExpected(error) ? placesOf(error) : '';
    return {
      message,
      ...('code' in error && typeof error.code === 'string' && { code: error.code }),
      ...(isServiceError(error) && answerOf(error.$metadata)),
      ...(stack && { stack }),
    };
  };

/** What AWS's support asks for. */
function answerOf(metadata: object): Pick<ErrorFields, 'status' | 'requestId'> {
  const { httpStatusCode: status, requestId }: { httpStatusCode?: unknown; requestId?: unknown } = metadata;
  return {
    ...(typeof status === 'number' && { status }),
    ...(typeof requestId === 'string' && { requestId }),
  };
}

/** The stack without its beginning, which repeats the message in full. */
function placesOf({ stack = '' }: Error): string {
  const lines = stack.split('\n');
  const first = lines.findIndex((line) => /^ {4}at /.test(line));
  return first === -1
    ? ''
    : lines
        .slice(first)
        .filter((line) => /^ {4}at /.test(line))
        .join('\n');
}
