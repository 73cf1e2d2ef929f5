/** What the processor asks of the failures table. `dynamodb-failure-log.ts` answers with DynamoDB, the simulator from memory. */

/** Why an event or message could not be applied. Stable: operators and alarms go by it. */
export type FailureReason = 'INVALID_EVENT' | 'UNREADABLE_MESSAGE' | 'STORE_REJECTED' | 'REPEATEDLY_INTERRUPTED';

export type Failure = {
  /** `event-<EventId>` where there is a valid one, else `body-<SHA-256 of the message body>`. */
  readonly failureId: string;
  readonly reason: FailureReason;
  /** What was expected and what came, for a person; never the payload. */
  readonly detail: string;
  /** The event's or element's JSON, else the message body; at most 64 KiB are kept. */
  readonly body: string;
};

export type FailureLog = {
  /** Writes or updates the record: counts the attempt, takes back `resolvedAtUtc`, renews the expiry. */
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
