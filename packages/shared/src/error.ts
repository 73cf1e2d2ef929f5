import { shownText } from './shown-text.ts';

/**
 * What went wrong, in a form that code can compare. The message says what happened, to what, and what the reader can
 * do.
 */
export type ErrorCode =
  | 'CALL_TIMED_OUT'
  | 'CONFIG_INVALID'
  | 'CREDENTIALS_UNAVAILABLE'
  | 'ENDPOINT_UNAVAILABLE'
  | 'FEED_UNAVAILABLE'
  | 'FEED_UNREADABLE'
  | 'INDEX_OFF'
  | 'LEASE_LOST'
  | 'NODE_UNSUPPORTED'
  | 'NOT_ASKED'
  | 'NOT_CONFIGURED'
  | 'NOT_FOUND'
  | 'NOTIFICATION_REFUSED'
  | 'OPERATION_REFUSED'
  | 'PORT_UNAVAILABLE'
  | 'QUEUE_REFUSED'
  | 'STOP_TIMED_OUT'
  | 'STOPPED'
  | 'STORE_CONTENDED'
  | 'STORE_REJECTED'
  | 'TABLE_MISMATCH';

/** Waybill's one error family: a stable `code`, the ids concerned in `details`, and the `cause`. */
export class WaybillError extends Error {
  override readonly name = 'WaybillError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** Whether a thrown value is Waybill's own error with this code. */
export function hasCode(error: unknown, code: ErrorCode): error is WaybillError {
  return error instanceof WaybillError && error.code === code;
}

/**
 * One line for a log or a record, whatever was thrown: `Name: message`. What another program says is shown without what
 * may be a key, and without the input that it repeats: an item's values, the beginning of a page.
 */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(describeError).join('; ');
  if (error instanceof WaybillError) return `${error.code}: ${error.message}`;
  if (error instanceof Error) {
    const message = shownText(error.message, quotesInput(error));
    return message ? `${error.name}: ${message}` : error.name;
  }
  return typeof error === 'string' ? shownText(error, true) : String(error);
}

/** Parsers quote what they read, AWS's services the values that they refuse. */
function quotesInput(error: Error): boolean {
  return error instanceof SyntaxError || error.name === 'ZodError' || isServiceError(error);
}

/** An answer of an AWS service that is an error. */
export function isServiceError(error: unknown): error is Error & { readonly $metadata: object } {
  return (
    error instanceof Error && '$metadata' in error && typeof error.$metadata === 'object' && error.$metadata !== null
  );
}

/** What is expected to happen now and then, and where the place in the code says nothing: an answer, the network, Waybill's own. */
export function isExpected(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isExpected);
  if (!(error instanceof Error)) return false;
  const isOfTheProxy = 'code' in error && error.code === 'ERR_PROXY_TUNNEL';
  const isOfTheNetwork =
    isOfTheProxy || 'syscall' in error || error.name === 'TimeoutError' || error.name === 'AbortError';
  return error instanceof WaybillError || isServiceError(error) || isOfTheNetwork;
}
