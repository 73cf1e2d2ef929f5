import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { describeError } from '@waybill/shared/error.ts';
import {
  announcementQueue,
  announcementQueueOf,
  type QueueDefinition,
  scanQueue,
  tables,
} from '@waybill/shared/resources.ts';
import { provisionQueue } from './provision-queue.ts';
import type { ProvisionResult } from './provision-result.ts';
import { provisionTable } from './provision-table.ts';

/** URLs of the queues and names of the tables of one deployment. */
export type Resources = {
  readonly scanQueueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** The queue of one webhook; each further one has a queue of its own. */
  readonly announcementQueueUrl: string;
  readonly announcementDeadLetterQueueUrl: string;
  readonly parcelsTable: string;
  readonly checkpointsTable: string;
  readonly failuresTable: string;
  readonly operationsTable: string;
  readonly batchesTable: string;
  readonly notificationsTable: string;
  readonly activityTable: string;
};

export type ProvisionOptions = {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  /** The beginning of every name, so that several deployments (tests, for example) can share an engine. */
  readonly prefix?: string;
  /** Settings that differ from those in `resources.ts`: a test that waits for a redelivery cannot wait 30 s. */
  readonly queue?: {
    readonly visibilityTimeoutSeconds?: number;
    readonly receiveWaitSeconds?: number;
    readonly maxReceiveCount?: number;
  };
  /**
   * Whether the parcels table has the optional index of open parcels. Default true: on a local engine an index costs
   * nothing, and what reads open parcels works.
   */
  readonly openIndex?: boolean;
  /** The name of the webhook whose queue it is, where the CDK made it; by default it is the queue of the only one. */
  readonly webhook?: string;
  readonly signal?: AbortSignal;
};

export type Provisioned = {
  readonly resources: Resources;
  /** One for each queue and table. */
  readonly results: readonly ProvisionResult[];
};

/**
 * Creates the missing queues and tables of `resources.ts` with their settings, and waits until the tables are active.
 * Changes nothing that exists; rejects when it differs, with what {@link provisionOrCompare} finds.
 */
export async function provision(options: ProvisionOptions): Promise<Resources> {
  const { resources, results } = await provisionOrCompare(options);
  const drift = results.flatMap(({ kind, name, drift }) =>
    drift.map(({ setting, expected, found }) => `${kind} ${name}: ${setting} is ${found}, expected ${expected}`),
  );
  if (drift.length > 0) throw new Error(`Existing queues or tables differ from resources.ts:\n${drift.join('\n')}`);
  return resources;
}

/** As {@link provision}, but returns what was created and how the existing ones differ. */
export async function provisionOrCompare(options: ProvisionOptions): Promise<Provisioned> {
  const { dynamodb, prefix = '', openIndex = true, webhook, signal = new AbortController().signal } = options;
  const definitions = Object.values(tables);
  const ofWebhook = webhook === undefined ? announcementQueue : announcementQueueOf(webhook);
  const [scans, announcements, tableResults] = await Promise.all([
    about(`queues ${prefix}${scanQueue.name}`, provisionQueues(scanQueue, options, signal)),
    about(`queues ${prefix}${ofWebhook.name}`, provisionQueues(ofWebhook, options, signal)),
    Promise.all(
      definitions.map((definition) =>
        about(
          `table ${prefix}${definition.name}`,
          provisionTable(dynamodb, { ...definition, name: prefix + definition.name }, { openIndex }, signal),
        ),
      ),
    ),
  ]);
  return {
    resources: {
      scanQueueUrl: scans.queue.url,
      deadLetterQueueUrl: scans.deadLetters.url,
      announcementQueueUrl: announcements.queue.url,
      announcementDeadLetterQueueUrl: announcements.deadLetters.url,
      parcelsTable: prefix + tables.parcels.name,
      checkpointsTable: prefix + tables.checkpoints.name,
      failuresTable: prefix + tables.failures.name,
      operationsTable: prefix + tables.operations.name,
      batchesTable: prefix + tables.batches.name,
      notificationsTable: prefix + tables.notifications.name,
      activityTable: prefix + tables.activity.name,
    },
    results: [
      ...[scans, announcements].flatMap(({ deadLetters, queue }) => [deadLetters.result, queue.result]),
      ...tableResults,
    ],
  };
}

/** A queue and the one of its dead letters. */
async function provisionQueues(
  definition: QueueDefinition,
  { sqs, queue: own, prefix = '' }: ProvisionOptions,
  signal: AbortSignal,
) {
  const settings = { ...definition, ...own };
  const MaximumMessageSize = String(settings.maximumMessageBytes);
  const deadLetters = await provisionQueue(
    sqs,
    {
      name: prefix + settings.deadLetterQueue.name,
      attributes: { MessageRetentionPeriod: String(settings.deadLetterQueue.retentionSeconds), MaximumMessageSize },
    },
    signal,
  );
  const queue = await provisionQueue(
    sqs,
    {
      name: prefix + settings.name,
      attributes: {
        VisibilityTimeout: String(settings.visibilityTimeoutSeconds),
        ReceiveMessageWaitTimeSeconds: String(settings.receiveWaitSeconds),
        MessageRetentionPeriod: String(settings.retentionSeconds),
        MaximumMessageSize,
      },
      redrive: { deadLetterTargetArn: deadLetters.arn, maxReceiveCount: settings.maxReceiveCount },
    },
    signal,
  );
  return { deadLetters, queue };
}

/** Adds to an engine's error what it is about. */
async function about<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new Error(`${what}: ${describeError(cause)}`, { cause });
  }
}
