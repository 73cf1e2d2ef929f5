import type { Milestone, MilestoneName } from '@waybill/shared/domain/milestones.ts';
import type { NotificationState } from './notification-state.ts';

/** What is stored of one notification. `dynamodb-notifications-table.ts` keeps it in DynamoDB, the simulator in memory. */
export type StoredNotification = {
  readonly notificationId: string;
  readonly state: NotificationState;
  readonly parcelId: number;
  readonly milestone: MilestoneName;
  /** The milestone as it was told last, or was to be told; undefined where the parcel is not there any more. */
  readonly told: Milestone | undefined;
  /** Of a milestone that was told last as a correction: what was told before it. */
  readonly previous: Milestone | undefined;
  /** Requests made. */
  readonly attempts: number;
  /** Times told: more than once with corrections and what was sent again on demand. 0: never, whatever the state. */
  readonly notifiedCount: number;
  /** Names of the requirements that were not met. */
  readonly unmet: readonly string[];
  readonly lastStatus: number | undefined;
  /** At most 1 KiB, nothing of a payload. */
  readonly lastError: string | undefined;
  /** ISO times of the clock. */
  readonly firstAttemptAtUtc: string | undefined;
  readonly notifiedAtUtc: string | undefined;
  readonly reportedAtUtc: string | undefined;
  readonly changedAtUtc: string;
};

export type NotificationsTable = {
  /** Those of up to 100 ids that are there (consistent). Rejects with the engine's error. */
  readonly get: (notificationIds: readonly string[]) => Promise<ReadonlyMap<string, StoredNotification>>;
  /**
   * Stores the notification on condition that what is stored is still what was seen (undefined: nothing), so that two workers
   * count once. When it expires and where the index has it follow from its state and `changedAtUtc`. Returns false where
   * something else is stored. Rejects with the engine's error.
   */
  readonly put: (next: StoredNotification, seen: StoredNotification | undefined) => Promise<boolean>;
};
