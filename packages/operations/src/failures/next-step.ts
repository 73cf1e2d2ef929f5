import type { FailureReason } from '@waybill/shared/failures/failure-record.ts';
import { failureRetentionDays, scanQueue } from '@waybill/shared/resources.ts';
import type { FailureRecord } from './failure-item.ts';

/** What to do about a failure, by its reason; `redrive` is the command that sends it back. */
const steps: Readonly<Record<FailureReason, (redrive: string) => string>> = {
  INVALID_EVENT: (redrive) =>
    `If the carrier is wrong, ask it to send the scan again, and let the message expire. If the rule is wrong, deploy a release that reads the element, then: ${redrive}`,
  UNREADABLE_MESSAGE: (redrive) =>
    `Something else sends to the scan queue, or a newer release was rolled back. Deploy a release that reads the message, then: ${redrive}`,
  STORE_REJECTED: (redrive) =>
    `DynamoDB refuses the item; the detail has its error. Deploy a fix, or repair the parcel, then: ${redrive}`,
  BODY_CORRUPTED: (redrive) => `Another body arrived than was sent. The queue may have it intact: ${redrive}`,
  REPEATEDLY_INTERRUPTED: (redrive) =>
    `The message is intact: processors ended while they had it. Now: ${redrive}. If it comes back, it is what ends them.`,
  NOTIFICATION_REFUSED: (redrive) =>
    `The receiver refuses this one; the detail has its status. Ask it why. Once it takes it, start the redrive of the announcements' dead-letter queue, or tell it now with: ${redrive}`,
};

/** What an operator can do about this failure, in words and with the command. */
export function nextStep({ failureId, reason, resolvedAtUtc, lastFailedAtUtc }: FailureRecord, nowMs: number): string {
  if (resolvedAtUtc !== null) return 'Nothing: a redrive has cured it.';
  const [, parcelId] = /^notification-[a-z]+-(\d+)$/.exec(failureId) ?? [];
  const redrive = parcelId ? `waybill notifications send ${parcelId}` : `waybill dlq redrive --failure ${failureId}`;
  const step = whatToDo(reason, redrive);
  const ageDays = (nowMs - Date.parse(lastFailedAtUtc)) / 86_400_000;
  if (!(ageDays > deadLetterDays)) return step;
  const [, eventId] = /^event-(\d+)$/.exec(failureId) ?? [];
  const replay = eventId
    ? `: waybill replay --from ${eventId} --to ${eventId}`
    : '. Replay the part of the feed that it came from';
  return `Its message is no longer in the dead-letter queue, which keeps messages ${deadLetterDays} days; this record is kept ${failureRetentionDays}${replay}`;
}

/** What an operator can do about failures of this reason; `redrive` is how to send them back: a command, or words. */
export function whatToDo(reason: string, redrive: string): string {
  return isFailureReason(reason) ? steps[reason](redrive) : `After a fix: ${redrive}`;
}

function isFailureReason(reason: string): reason is FailureReason {
  return Object.hasOwn(steps, reason);
}

const deadLetterDays = scanQueue.deadLetterQueue.retentionSeconds / 86_400;
