import { WaybillError } from '@waybill/shared/error.ts';

/** A command line that cannot be run as it is (exit code 2). `next` is the command to try. */
export function usageError(message: string, next?: string): WaybillError {
  return new WaybillError('CONFIG_INVALID', message, next === undefined ? {} : { details: { next } });
}
