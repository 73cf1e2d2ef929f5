import { bodyFailureId } from '@waybill/shared/failures/failure-id.ts';
import type { FailureReason } from '@waybill/shared/failures/failure-record.ts';
import type { ElementFailure } from './handler.ts';

/**
 * The failure of a message that cannot be read. A version that is not known may heal: a release that reads it may be rolling out.
 *
 * @param failureId the record on which the message failed before
 */
export function unreadableMessage(
  { code, expected }: { readonly code: string; readonly expected: string },
  body: string,
  failureId: string | undefined,
): ElementFailure {
  return {
    failureId: failureId ?? bodyFailureId(body),
    reason: 'UNREADABLE_MESSAGE' satisfies FailureReason,
    detail: `${code}: expected ${expected}`,
    body,
    parcelId: undefined,
    splitBody: undefined,
    mayHeal: code === 'UNKNOWN_VERSION',
  };
}
