import { createHash } from 'node:crypto';

/**
 * Why something could not be applied: a stable code that operators and alarms go by. A reason that a process records is a
 * row here, since the index of unresolved failures is read reason by reason.
 */
export const failureReasons = [
  /** An element of the feed that is not a scan event. */
  'INVALID_EVENT',
  /** A message that is not one of ours, or of a version that this release cannot read. */
  'UNREADABLE_MESSAGE',
  /** The store names this item as the reason. */
  'STORE_REJECTED',
  /** Another body arrived than was sent. */
  'BODY_CORRUPTED',
  /** Unharmed: processes ended while they worked on it. */
  'REPEATEDLY_INTERRUPTED',
  /** The receiver of notifications, or of reports about them, refuses this one. */
  'NOTIFICATION_REFUSED',
] as const;

export type FailureReason = (typeof failureReasons)[number];

/** The message attribute that names the failure record of a message that was split off; a redrive keeps it. */
export const failureIdAttribute = 'failureId';

/**
 * Partitions of the index `unresolved` for each reason: one takes 1,000 write units a second (DynamoDB's limit), and an
 * index that is throttled throttles its table.
 */
export const unresolvedShards = 8;

/** The value of the attribute `unresolved` in one shard. */
export function unresolvedPartition(reason: string, shard: number): string {
  return `${reason}#${shard}`;
}

/** The attribute `unresolved` of a record that is not resolved: the partition of the index that it is in. */
export function unresolvedValue(reason: string, failureId: string): string {
  const [byte = 0] = createHash('sha256').update(failureId).digest();
  return unresolvedPartition(reason, byte % unresolvedShards);
}
