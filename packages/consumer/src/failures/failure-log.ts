import type { FailureReason } from '@waybill/shared/failures/failure-record.ts';

/** What the consumer asks of the failures table. `dynamodb-failure-log.ts` does it with DynamoDB, the simulator in memory. */

/** Why a message that is unharmed is in the dead-letter queue. */
export const interrupted = 'REPEATEDLY_INTERRUPTED' satisfies FailureReason;

export type Failure = {
  /** One id for one element, whatever message carries it; `body-<SHA-256 of the message body>` where it has none. */
  readonly failureId: string;
  /** A stable code: operators and alarms go by it. {@link interrupted} is the consumer's, all others are the handler's. */
  readonly reason: string;
  /** What was expected and what came, for a person; never the payload. */
  readonly detail: string;
  /** The element's JSON, else the message body; at most 64 KiB are kept. */
  readonly body: string;
  /** The parcel that the element is about, for those who look for its failures; undefined where nobody knows. */
  readonly parcelId: number | undefined;
  /** Of the message that failed, where it was traced: 32 hex digits. */
  readonly traceId?: string | undefined;
};

export type FailureLog = {
  /**
   * Writes or updates the record: counts the attempt, takes back `resolvedAtUtc`, renews the expiry. A parcel or a
   * trace that is on record stays where this failure has none: the same element may arrive corrupted.
   */
  readonly record: (failure: Failure) => Promise<void>;
  /**
   * Writes `REPEATEDLY_INTERRUPTED` before the work on a message's last allowed receive, unless an unresolved record
   * with another reason already explains it.
   */
  readonly recordInterruption: (failure: Failure) => Promise<void>;
  /** Removes the record if it still says `REPEATEDLY_INTERRUPTED`: the work succeeded after all. */
  readonly removeInterruption: (failureId: string) => Promise<void>;
  /** Sets `resolvedAtUtc` on the record if there is one. */
  readonly resolve: (failureId: string) => Promise<void>;
};
