import { tables } from './resources.ts';

/** What an attribute is good for as the key of an index: its type, or nothing that every item of ours satisfies. */
export type IndexKeyUse = 'N' | 'S' | 'no key';

/**
 * The attributes that Waybill writes, by the table's name. DynamoDB refuses an item whose index key is an empty string,
 * of another type, or over 2,048 bytes (partition key) or 1,024 bytes (sort key): so what may be empty, or as long as
 * 1,024 characters of three bytes, is no key. An item without the attribute is not in the index: other attributes are fine.
 */
export const indexKeys: Readonly<Record<string, Readonly<Record<string, IndexKeyUse>>>> = {
  [tables.parcels.name]: {
    parcelId: 'N',
    lastEventId: 'N',
    type: 'no key',
    statusCode: 'no key',
    runId: 'no key',
    createdDateTimeUtc: 'S',
    pickupTimeUtc: 'S',
    pickupEventId: 'N',
    deliveryTimeUtc: 'S',
    deliveryEventId: 'N',
    revision: 'N',
    updatedAtUtc: 'S',
    history: 'no key',
    openShard: 'N',
    openedAtMs: 'N',
    expiresAt: 'N',
    removed: 'no key',
  },
  [tables.checkpoints.name]: {
    feed: 'S',
    lastEventId: 'N',
    fencingToken: 'N',
    leaseCounter: 'N',
    leaseHolder: 'S',
    openGaps: 'no key',
    watermark: 'N',
    caughtUpAtUtc: 'S',
    newestScanUtc: 'S',
    headEventId: 'N',
  },
  [tables.failures.name]: {
    failureId: 'S',
    reason: 'S',
    detail: 'no key',
    body: 'no key',
    firstFailedAtUtc: 'S',
    lastFailedAtUtc: 'S',
    attempts: 'N',
    parcelId: 'N',
    unresolved: 'S',
    resolvedAtUtc: 'S',
    expiresAt: 'N',
  },
  [tables.operations.name]: {
    operationId: 'S',
    startedMonth: 'S',
    kind: 'S',
    by: 'no key',
    because: 'no key',
    filter: 'no key',
    plan: 'no key',
    startedAtUtc: 'S',
    heartbeatAtUtc: 'S',
    progress: 'no key',
    cancelRequestedAtUtc: 'S',
    cancelRequestedBy: 'no key',
    outcome: 'S',
    counts: 'no key',
    finishedAtUtc: 'S',
    problems: 'no key',
    expiresAt: 'N',
  },
};
