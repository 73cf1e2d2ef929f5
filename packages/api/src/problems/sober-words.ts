import { isServiceError, WaybillError } from '@waybill/shared/error.ts';

/**
 * What an error says to a client, where an answer or a record names what went wrong: that it happened and its stable name.
 * Never the text of an engine, which has the names of roles and accounts.
 */
export function inSoberWords(error: unknown): string {
  if (error instanceof WaybillError) {
    const { code } = error.details;
    if (error.code === 'QUEUE_REFUSED' && typeof code === 'string') return `SQS refused it (${code})`;
    return error.code === 'STOPPED' || error.code === 'CALL_TIMED_OUT' ? error.message : error.code;
  }
  if (isServiceError(error)) return `a service of AWS refused a request (${error.name})`;
  return error instanceof Error ? error.name : 'an unknown error';
}
