import { bodyFailureId } from '@waybill/shared/failures/failure-id.ts';
import type { FailureReason } from '@waybill/shared/failures/failure-record.ts';
import type { HeldMessage } from './messages-in-hand.ts';
import { leave, recordFailure, type SettleFailedDependencies } from './settle-failed.ts';

/**
 * Leaves a message of which another body arrived than was sent: it may arrive intact next time. On its last receive the
 * reason is recorded, since the redrive policy moves it then.
 *
 * @param onRecord the failure record that the message names
 */
export async function leaveCorrupted(
  held: HeldMessage,
  { isLast, onRecord }: { readonly isLast: boolean; readonly onRecord: string | undefined },
  deps: SettleFailedDependencies,
): Promise<void> {
  const { messageId, receiveCount, body } = held.message;
  deps.log.warn(
    { messageId, receiveCount },
    'message arrived with another body than was sent, it will be received again',
  );
  const failure = {
    failureId: onRecord ?? bodyFailureId(body),
    reason: 'BODY_CORRUPTED' satisfies FailureReason,
    detail: 'the checksum that SQS sent is not that of the body that arrived; redrive it, the queue may have it intact',
    body,
    // What arrived may name another one.
    parcelId: undefined,
    splitBody: undefined,
    mayHeal: true,
  };
  if (isLast) await recordFailure(failure, held, deps);
  await leave(held, [failure], deps);
  held.isDone = true;
}
