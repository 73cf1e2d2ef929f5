import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Deployment } from '@waybill/operations/deployment.ts';
import type { SendDependencies } from '@waybill/operations/notifications/send-notifications.ts';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { StageMapping } from '@waybill/shared/domain/stage.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageSender, QueueDepth } from '@waybill/shared/queue/message-queue.ts';
import type { QueueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import type { IngestSecret } from '../access/ingest-secrets-variable.ts';
import type { TokenEntry } from '../access/tokens-variable.ts';

export type ApiSettings = {
  readonly tokens: readonly TokenEntry[];
  /** Who may push by a signature; empty for nobody. */
  readonly ingestSecrets: readonly IngestSecret[];
  /** For each token; 0 for no limit. */
  readonly requestsPerSecond: number;
  /** Bytes of a request's body at most, also after decompression. */
  readonly bodyMaxBytes: number;
  /** Push ingestion pauses while the queue holds more messages; 0: never. */
  readonly maxQueueMessages: number;
  /** Target size of a pack, bytes. */
  readonly messageMaxBytes: number;
  /** `LEASE_SECONDS`, in milliseconds: how long a silent poller keeps its lease. */
  readonly leaseMs: number;
};

/** What the routes work with. */
export type ApiDependencies = {
  readonly sqs: SQSClient;
  /** For dead letters: it checks no bodies, so that one with a wrong checksum does not hide the nine beside it. */
  readonly deadLettersSqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  readonly documents: DynamoDBDocumentClient;
  readonly deployment: Deployment;
  readonly mapping: StageMapping;
  /** The scan queue. */
  readonly queue: MessageSender & QueueDepth;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Of the scan queue; undefined: pushes are not traced. */
  readonly traces?: QueueTraces | undefined;
  readonly settings: ApiSettings;
  /** Who is notified on demand; undefined where nobody is. */
  readonly notifying?: Pick<SendDependencies, 'delivery' | 'concurrency'> | undefined;
};
