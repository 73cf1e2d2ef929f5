import { type ErrorCode, hasCode, isServiceError, WaybillError } from '@waybill/shared/error.ts';
import { Problem, type ProblemCode } from '../problems/problem.ts';

/** Seconds after which a request is worth another try, where nothing says better. */
const retryAfterSeconds = 5;

/** The problem that a thrown value makes: nothing of its text is in it, unless it was written to be shown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof WaybillError) return ofWaybill(error);
  if (isOfFastify(error)) return ofFastify(error);
  if (isAway(error)) return unavailable(error);
  return internal(error);
}

function unavailable(cause: unknown): Problem {
  const detail = 'a service that this needs does not answer now: try again';
  return new Problem('UNAVAILABLE', detail, { retryAfterSeconds, cause, reason: 'engine' });
}

function internal(cause: unknown): Problem {
  return new Problem('INTERNAL', 'this should not happen: tell the operator the requestId', { cause });
}

/** Waybill's own errors that are an answer; each of the others is an error inside. */
const codes: Partial<Readonly<Record<ErrorCode, ProblemCode>>> = {
  CALL_TIMED_OUT: 'UNAVAILABLE',
  CREDENTIALS_UNAVAILABLE: 'UNAVAILABLE',
  INDEX_OFF: 'INDEX_OFF',
  NOT_FOUND: 'NOT_FOUND',
  OPERATION_REFUSED: 'CONFLICT',
  QUEUE_REFUSED: 'UNAVAILABLE',
  STOPPED: 'UNAVAILABLE',
  STORE_CONTENDED: 'UNAVAILABLE',
};

/** Texts for codes whose own ones name tables, queues and variables. */
const details: Partial<Readonly<Record<ProblemCode, string>>> = {
  INDEX_OFF: 'the table has no index for this: ask for all pages without the filter',
  NOT_FOUND: 'there is nothing with this id',
  NOTIFICATIONS_OFF: 'this deployment notifies nobody',
  CONFLICT: 'this was refused as things stand now: look at them, then plan anew',
};

function ofWaybill(error: WaybillError): Problem {
  const isNotifications = hasCode(error, 'NOT_CONFIGURED') && error.details['variable'] === 'NOTIFICATIONS_TABLE';
  const code = isNotifications ? 'NOTIFICATIONS_OFF' : (codes[error.code] ?? 'INTERNAL');
  if (code === 'UNAVAILABLE') return unavailable(error);
  if (code === 'INTERNAL') return internal(error);
  return new Problem(code, details[code] ?? '', { cause: error });
}

type FastifyFault = Error & { readonly code?: string; readonly statusCode: number };

function isOfFastify(error: unknown): error is FastifyFault {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
}

function ofFastify(error: FastifyFault): Problem {
  const { code = '', statusCode } = error;
  if (statusCode === 413) return new Problem('TOO_LARGE', 'the body has more bytes than are taken', { cause: error });
  if (statusCode === 415)
    return new Problem('UNSUPPORTED_MEDIA_TYPE', 'send a body of a content type that this takes', { cause: error });
  if (statusCode < 400 || statusCode > 499) return internal(error);
  return new Problem('INVALID_REQUEST', inputDetails[code] ?? 'the request is not as it should be', { cause: error });
}

const inputDetails: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL: 'the path has a % that begins no character',
  FST_ERR_MAX_PARAM_LENGTH: 'an id in the path is too long',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty, and JSON is expected',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body has another length than the header Content-Length says',
};

/** What AWS answers to requests that are wrong in themselves: a fault of ours, which no repetition heals. */
const ourFault =
  /^(ValidationException|ConditionalCheckFailedException|TransactionCanceledException|SerializationException|InvalidParameterValue\w*|InvalidAttribute\w*|UnsupportedOperation\w*)$/;

/** An engine that does not answer, refuses or slows us down. */
function isAway(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isAway);
  if (!(error instanceof Error)) return false;
  if (isServiceError(error)) return !ourFault.test(error.name);
  return 'syscall' in error || /^(TimeoutError|AbortError|CredentialsProviderError)$/.test(error.name);
}
