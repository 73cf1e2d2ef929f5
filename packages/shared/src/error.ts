/**
 * What went wrong, in a form that code can compare. The message says what happened, to what, and what the reader can
 * do.
 */
export type ErrorCode =
  | 'CALL_TIMED_OUT'
  | 'CONFIG_INVALID'
  | 'CREDENTIALS_UNAVAILABLE'
  | 'FEED_UNAVAILABLE'
  | 'FEED_UNREADABLE'
  | 'LEASE_LOST'
  | 'NODE_UNSUPPORTED'
  | 'PORT_UNAVAILABLE'
  | 'QUEUE_REFUSED'
  | 'STOPPED'
  | 'STOP_TIMED_OUT'
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

/** One line for a log or a record, whatever was thrown: `Name: message`. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(describeError).join('; ');
  if (error instanceof WaybillError) return `${error.code}: ${error.message}`;
  if (error instanceof Error) return error.message ? `${error.name}: ${error.message}` : error.name;
  return String(error);
}
