import { expectations } from '@waybill/shared/domain/scan-event.ts';
import { eventFailureId } from '@waybill/shared/failures/failure-id.ts';
import { type FailureReason, unresolvedValue } from '@waybill/shared/failures/failure-record.ts';
import { scan } from '../../../packages/operations/test/dead-letter-rig.ts';
import { ago, inDays } from './moment.ts';
import type { PlainItem } from './write-items.ts';

/** Failures of one cause. */
export type Kind = {
  readonly reason: FailureReason;
  readonly detail: (eventId: number, parcelId: number) => string;
  /** Of all failures. */
  readonly share: number;
  readonly failureId?: (eventId: number, parcelId: number) => string;
};

/** The kinds of a bad day: the greatest first. */
export const sevenKinds: readonly Kind[] = [
  {
    reason: 'INVALID_EVENT',
    share: 0.58,
    detail: () => `INVALID_DATE: expected ${expectations.INVALID_DATE} in CreatedDateTimeUtc`,
  },
  {
    reason: 'STORE_REJECTED',
    share: 0.17,
    detail: (_, parcelId) => `the stored item of parcel ${parcelId} is not a parcel: revision is missing`,
  },
  { reason: 'INVALID_EVENT', share: 0.1, detail: () => `TOO_LONG: expected ${expectations.TOO_LONG} in StatusCode` },
  {
    reason: 'NOTIFICATION_REFUSED',
    share: 0.08,
    detail: () => 'the webhook answered 422',
    failureId: (_, parcelId) => `notification-delivery-${parcelId}`,
  },
  {
    reason: 'REPEATEDLY_INTERRUPTED',
    share: 0.04,
    detail: () => 'received 3 times without being settled; the message is intact, redrive it',
  },
  { reason: 'UNREADABLE_MESSAGE', share: 0.02, detail: () => 'NOT_AN_OBJECT: expected an object' },
  {
    reason: 'BODY_CORRUPTED',
    share: 0.01,
    detail: () =>
      'the checksum that SQS sent is not that of the body that arrived; redrive it, the queue may have it intact',
  },
];

/** The EventId of a world's first failure. */
export const firstFailedEventId = 98_000;

/** Its parcel. */
const firstFailedParcelId = 7_000;

/** So many unresolved failures of these kinds, a third of a second apart, the last of them some seconds ago. */
export function failures(count: number, kinds = sevenKinds): readonly PlainItem[] {
  return Array.from({ length: count }, (_, index) => {
    const eventId = firstFailedEventId + index;
    const parcelId = parcelOf(index);
    const kind = kindAt((index * 61) % 100, kinds);
    const failureId = kind.failureId?.(eventId, parcelId) ?? eventFailureId(eventId);
    const lastFailedAtUtc = ago(11 + (count - index) / 3);
    return failureItem({
      failureId,
      reason: kind.reason,
      detail: kind.detail(eventId, parcelId),
      parcelId,
      attempts: 1 + (index % 3),
      body: bodyOf(eventId, parcelId),
      firstFailedAtUtc: ago(95 + (count - index) / 3),
      lastFailedAtUtc,
    });
  });
}

export type FailureInput = {
  readonly failureId: string;
  readonly reason: string;
  readonly detail: string;
  readonly parcelId?: number;
  readonly attempts: number;
  readonly body: string;
  readonly firstFailedAtUtc: string;
  readonly lastFailedAtUtc: string;
  readonly resolvedAtUtc?: string;
};

/** A record as the processor writes it. */
export function failureItem(failure: FailureInput): PlainItem {
  const isResolved = failure.resolvedAtUtc !== undefined;
  return {
    ...failure,
    traceId: `0af7651916cd43dd8448eb21${failure.attempts.toString(16).padStart(8, '0')}`,
    ...(!isResolved && { unresolved: unresolvedValue(failure.reason, failure.failureId) }),
    expiresAt: inDays(30),
  };
}

/** The bodies of the dead letters of {@link failures}. */
export function deadLetterBodies(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => bodyOf(firstFailedEventId + index, parcelOf(index)));
}

function bodyOf(eventId: number, parcelId: number): string {
  return scan(eventId, { parcelId });
}

function parcelOf(index: number): number {
  return firstFailedParcelId + index;
}

/** The kind of which this percentage is. */
function kindAt(percentage: number, kinds: readonly Kind[]): Kind {
  let left = percentage / 100;
  for (const kind of kinds) {
    if (left < kind.share) return kind;
    left -= kind.share;
  }
  // Shares add up to 1: what is left is an error of rounding.
  const [last] = kinds.slice(-1);
  if (!last) throw new Error('a world with failures has kinds of them');
  return last;
}
