/**
 * The queues and tables of one Waybill deployment and their settings: the one definition that the processes, the
 * embedded engines, LocalStack and the CDK stack read.
 */

/** Limits of SQS, with their source. */
export const limits = {
  /**
   * Messages in one SendMessageBatch, DeleteMessageBatch, ChangeMessageVisibilityBatch or ReceiveMessage (SQS quotas).
   */
  batchEntries: 10,
  /**
   * Bytes of one message, and of all messages of one SendMessageBatch together. AWS allows 1 MiB since 2025; engines
   * and older endpoints stop at 256 KiB.
   */
  sendBytes: 262_144,
  /** Bytes that SQS bills as one request (SQS pricing). */
  billedRequestBytes: 65_536,
  /** Seconds after its receive beyond which a message's visibility cannot be extended (SQS quotas). */
  visibilitySeconds: 43_200,
} as const;

/** The scan queue's settings, and those of its dead-letter queue. All durations in seconds. */
export const scanQueue = {
  name: 'waybill-scans',
  visibilityTimeoutSeconds: 30,
  receiveWaitSeconds: 20,
  retentionSeconds: 7 * 24 * 3600,
  maximumMessageBytes: limits.sendBytes,
  /** Receives of one message before the redrive policy moves it to the dead-letter queue. */
  maxReceiveCount: 3,
  deadLetterQueue: { name: 'waybill-scans-dlq', retentionSeconds: 14 * 24 * 3600 },
} as const;

/**
 * Settings of a queue of announcements, as {@link scanQueue}: visible again later, because a webhook may take long to
 * respond, and kept as long as SQS can, because a webhook may be away for days. Each webhook has a queue of its own.
 */
export const announcementQueue = {
  ...scanQueue,
  name: 'waybill-announcements',
  visibilityTimeoutSeconds: 60,
  retentionSeconds: 14 * 24 * 3600,
  deadLetterQueue: { name: 'waybill-announcements-dlq', retentionSeconds: 14 * 24 * 3600 },
} as const;

/** The settings of a queue with a dead-letter queue: {@link scanQueue} or {@link announcementQueue}, by any name. */
export type QueueDefinition = {
  readonly name: string;
  readonly visibilityTimeoutSeconds: number;
  readonly receiveWaitSeconds: number;
  readonly retentionSeconds: number;
  readonly maximumMessageBytes: number;
  readonly maxReceiveCount: number;
  readonly deadLetterQueue: { readonly name: string; readonly retentionSeconds: number };
};

/** The queue of the announcements for one of several webhooks, by the webhook's name: lower case, digits and dashes. */
export function announcementQueueOf(webhook: string): QueueDefinition {
  const name = `${announcementQueue.name}-${webhook}`;
  return { ...announcementQueue, name, deadLetterQueue: { ...announcementQueue.deadLetterQueue, name: `${name}-dlq` } };
}

/** An attribute that is a key, with its DynamoDB type. */
export type KeyAttribute = { readonly name: string; readonly type: 'N' | 'S' };

/** The key of a table or an index: the partition key, and the sort key of a composite one. */
export type KeyDefinition = { readonly key: KeyAttribute; readonly sortKey?: KeyAttribute };

/** Attributes that an index holds beside its own key and the table's. */
export type Projection = 'KEYS_ONLY' | 'ALL' | { readonly include: readonly string[] };

/** The settings that say which optional indexes a deployment has. Each is a context key of the CDK app. */
export type IndexSettings = { readonly openIndex: boolean };

/** A global secondary index. */
export type IndexDefinition = KeyDefinition & {
  readonly name: string;
  readonly projection: Projection;
  /** The setting that asks for the index. Absent: every deployment has it. */
  readonly optional?: keyof IndexSettings;
};

/** A table as DynamoDB describes it: its name, key, TTL attribute (absent: items do not expire) and indexes. */
export type TableDefinition = KeyDefinition & {
  readonly name: string;
  readonly ttl?: string;
  readonly indexes?: readonly IndexDefinition[];
};

/**
 * Partitions of the index `open-parcels`: a parcel is in the one of its `parcelId` modulo this number. One partition takes
 * 1,000 write units a second (DynamoDB's limit), and an index that is throttled throttles its table.
 */
export const openShards = 16;

/** Tables by what they hold. */
export const tables = {
  parcels: {
    name: 'waybill-parcels',
    key: { name: 'parcelId', type: 'N' },
    ttl: 'expiresAt',
    indexes: [
      {
        name: 'open-parcels',
        key: { name: 'openShard', type: 'N' },
        sortKey: { name: 'openedAtMs', type: 'N' },
        projection: 'KEYS_ONLY',
        optional: 'openIndex',
      },
    ],
  },
  checkpoints: { name: 'waybill-checkpoints', key: { name: 'feed', type: 'S' } },
  failures: {
    name: 'waybill-failures',
    key: { name: 'failureId', type: 'S' },
    ttl: 'expiresAt',
    indexes: [
      {
        name: 'unresolved',
        key: { name: 'unresolved', type: 'S' },
        sortKey: { name: 'lastFailedAtUtc', type: 'S' },
        // All that groups and lists show: not the body, which holds ids of people and up to 64 KiB.
        // `resolvedAtUtc`: a processor of 0.1.0 resolves a record and leaves it in the index.
        projection: { include: ['attempts', 'detail', 'firstFailedAtUtc', 'parcelId', 'reason', 'resolvedAtUtc'] },
      },
    ],
  },
  operations: {
    name: 'waybill-operations',
    key: { name: 'operationId', type: 'S' },
    ttl: 'expiresAt',
    indexes: [
      {
        name: 'recent',
        key: { name: 'startedMonth', type: 'S' },
        sortKey: { name: 'operationId', type: 'S' },
        projection: 'ALL',
      },
    ],
  },
  batches: {
    name: 'waybill-batches',
    key: { name: 'batchId', type: 'S' },
    ttl: 'expiresAt',
    indexes: [
      {
        name: 'recent',
        key: { name: 'createdDay', type: 'S' },
        sortKey: { name: 'batchId', type: 'S' },
        projection: 'KEYS_ONLY',
      },
    ],
  },
  notifications: {
    name: 'waybill-notifications',
    key: { name: 'notificationId', type: 'S' },
    ttl: 'expiresAt',
    indexes: [
      {
        name: 'unfinished',
        key: { name: 'unfinished', type: 'S' },
        sortKey: { name: 'changedAtUtc', type: 'S' },
        // An entry is written when something went wrong, which is rare, and lists show all of it.
        projection: 'ALL',
      },
    ],
  },
  activity: { name: 'waybill-activity', key: { name: 'process', type: 'S' }, ttl: 'expiresAt' },
} as const satisfies Readonly<Record<string, TableDefinition>>;

/**
 * The table of notifications of a webhook that does not use the deployment's own, by the webhook's name. Two cannot share
 * one: the key says which milestone was told, and not to whom.
 */
export function notificationsTableOf(webhook: string): TableDefinition {
  return { ...tables.notifications, name: `${tables.notifications.name}-${webhook}` };
}

/** The index of parcels that have not arrived. */
export const [openParcelsIndex] = tables.parcels.indexes;

/** The index of failures that are not resolved, the newest last. */
export const [unresolvedIndex] = tables.failures.indexes;

/** The index of operations by the month in which they began. */
export const [recentOperationsIndex] = tables.operations.indexes;

/** The index of batches by the day on which they came. */
export const [recentBatchesIndex] = tables.batches.indexes;

/** The index of notifications that were not told, the newest last. */
export const [unfinishedIndex] = tables.notifications.indexes;

/** The indexes that a deployment with these settings has. */
export function indexesOf({ indexes = [] }: TableDefinition, settings: IndexSettings): readonly IndexDefinition[] {
  return indexes.filter(({ optional }) => optional === undefined || settings[optional]);
}

/** Days after its last failure that a failure record is kept. */
export const failureRetentionDays = 30;

/** Days after its start that a batch is kept. */
export const batchRetentionDays = 14;

/** Partitions of the index `unfinished` for each state, as {@link openShards}. */
export const unfinishedShards = 8;

/** Days after its last change that a notification is kept. */
export const notificationRetentionDays = 400;

/** Days after its start that the record of an operation is kept. */
export const operationRetentionDays = 400;

/** Milliseconds after its last write that the word of a process is kept: longer than the hour that is shown. */
export const activityRetentionMs = 2 * 3_600_000;

/** The name of a queue or table in one environment: `dev` and `waybill-scans` make `dev-waybill-scans`. */
export function physicalName(environment: string, name: string): string {
  return `${environment}-${name}`;
}
