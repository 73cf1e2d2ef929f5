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
 * Tables by what they hold: name, the one key attribute and its DynamoDB type, and the TTL attribute if there is one.
 */
export const tables = {
  parcels: { name: 'waybill-parcels', key: { name: 'parcelId', type: 'N' } },
  checkpoints: { name: 'waybill-checkpoints', key: { name: 'feed', type: 'S' } },
  failures: { name: 'waybill-failures', key: { name: 'failureId', type: 'S' }, ttl: 'expiresAt' },
} as const;

/** A table's name and its only key attribute, as DynamoDB describes it. */
export type TableDefinition = {
  readonly name: string;
  readonly key: { readonly name: string; readonly type: 'N' | 'S' };
  readonly ttl?: string;
};

/** Days after its last failure that a failure record is kept. */
export const failureRetentionDays = 30;

/** The name of a queue or table in one environment: `dev` and `waybill-scans` make `dev-waybill-scans`. */
export function physicalName(environment: string, name: string): string {
  return `${environment}-${name}`;
}
