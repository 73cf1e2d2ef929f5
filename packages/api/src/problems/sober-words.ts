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
  if (isServiceError(error)) {
    if (wasAnswered(error.$metadata)) return `a service of AWS refused a request (${error.name})`;
    return `a service of AWS does not answer (${'code' in error && typeof error.code === 'string' ? error.code : error.name})`;
  }
  return error instanceof Error ? error.name : 'an unknown error';
}

/** The SDK notes its attempts on errors of the network, too: only an answer has a status. */
function wasAnswered(metadata: object): boolean {
  return 'httpStatusCode' in metadata && metadata.httpStatusCode !== undefined;
}
