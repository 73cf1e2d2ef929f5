import type { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { encodeGaps, storedUnitMs } from '@waybill/shared/checkpoint/stored-gaps.ts';
import type { OnEngines } from '../../../packages/consumer/test/engines.ts';
import { put, scan } from '../../../packages/operations/test/dead-letter-rig.ts';
import { backlog, quietActivity, troubledActivity } from './activity.ts';
import { batches } from './batches.ts';
import { checkpointItem } from './checkpoint.ts';
import { deadLetterBodies, failures } from './failures.ts';
import {
  fillHostileParcels,
  greatestId,
  hostileBatches,
  hostileFailures,
  hostileNotifications,
  hostileOperations,
} from './hostile.ts';
import { ago, minutes } from './moment.ts';
import { toldNotifications, unfinishedNotifications } from './notifications.ts';
import { pastOperations } from './operations.ts';
import { fillParcels } from './parcels.ts';
import { type PlainItem, writeItems } from './write-items.ts';

/**
 * - `empty`: a deployment in which nothing has run yet;
 * - `healthy`: all is well;
 * - `burning`: the carrier is away, a release sends malformed events, the webhook refuses: an hour behind, with dead letters;
 * - `stale`: the poller is silent, and SQS does not respond;
 * - `hostile`: what feed and operators said are texts that must not run, and ids that no number can round.
 */
export const worldNames = ['empty', 'healthy', 'burning', 'stale', 'hostile'] as const;
export type WorldName = (typeof worldNames)[number];

/** What the tables of a world hold. */
type Content = {
  readonly activity?: readonly PlainItem[];
  readonly checkpoint?: PlainItem;
  readonly failures?: readonly PlainItem[];
  readonly notifications?: readonly PlainItem[];
  readonly batches?: readonly PlainItem[];
  readonly operations?: readonly PlainItem[];
  readonly deadLetters?: readonly string[];
  readonly waiting?: readonly string[];
  readonly parcels?: typeof fillParcels;
};

/** The EventId of the first scan that waits on the queue of a burning world. */
const firstWaitingEventId = 110_282;

/** Failures of a burning world unless a test wants more. */
const someFailures = 1_204;

const gaps = encodeGaps(
  [
    { from: 110_403, to: 110_403, seenAt: -200_000 },
    { from: 110_441, to: 110_442, seenAt: -150_000 },
  ],
  0,
  storedUnitMs(600_000),
);

const caughtUp = { lastEventId: 110_581, watermark: 110_581, headEventId: 110_581 };

function contentOf(world: WorldName, failed: number): Content {
  switch (world) {
    case 'empty':
      return {};
    case 'healthy':
      return {
        activity: quietActivity(4),
        checkpoint: checkpointItem({ ...caughtUp, caughtUpAtUtc: ago(3), newestScanUtc: ago(4) }),
        notifications: toldNotifications(),
        batches: batches(),
        operations: pastOperations(),
        parcels: fillParcels,
      };
    case 'burning':
      return {
        activity: troubledActivity(failed),
        checkpoint: checkpointItem({
          ...{ lastEventId: 110_581, watermark: 110_402, headEventId: 142_900 },
          ...(gaps !== undefined && { openGaps: gaps }),
          ...{ caughtUpAtUtc: ago(62 * minutes), newestScanUtc: ago(61 * minutes) },
        }),
        failures: failures(failed),
        notifications: [...toldNotifications(), ...unfinishedNotifications(37, 4)],
        batches: batches(),
        operations: pastOperations(),
        deadLetters: deadLetterBodies(failed),
        waiting: Array.from({ length: backlog }, (_, index) => scan(firstWaitingEventId + index)),
        parcels: fillParcels,
      };
    case 'stale':
      return {
        activity: quietActivity(26 * minutes),
        checkpoint: checkpointItem({ ...caughtUp, caughtUpAtUtc: ago(26 * minutes), newestScanUtc: ago(27 * minutes) }),
        failures: failures(12),
        notifications: toldNotifications(),
        operations: pastOperations(),
        parcels: fillParcels,
      };
    case 'hostile':
      return {
        checkpoint: checkpointItem({
          ...{ lastEventId: greatestId - 1, watermark: greatestId - 1, headEventId: greatestId },
          ...{ caughtUpAtUtc: ago(3), newestScanUtc: ago(4) },
        }),
        failures: hostileFailures(),
        notifications: hostileNotifications(),
        batches: hostileBatches(),
        operations: hostileOperations(),
        deadLetters: [scan(greatestId - 19, { parcelId: greatestId })],
        parcels: fillHostileParcels,
      };
  }
}

/** Fills the tables and queues of a world. A burning one has so many failures and as many dead letters. */
export async function fillWorld(world: WorldName, { sqs, dynamodb, resources }: OnEngines, failed = someFailures) {
  const documents = DynamoDBDocumentClient.from(dynamodb);
  const content = contentOf(world, failed);
  const fill = async (table: string, items: readonly PlainItem[] = []) => await writeItems(documents, table, items);
  await Promise.all([
    fill(resources.activityTable, content.activity),
    fill(resources.checkpointsTable, content.checkpoint && [content.checkpoint]),
    fill(resources.failuresTable, content.failures),
    fill(resources.notificationsTable, content.notifications),
    fill(resources.batchesTable, content.batches),
    fill(resources.operationsTable, content.operations),
    content.parcels?.(dynamodb, resources.parcelsTable),
    sendAll(sqs, resources.deadLetterQueueUrl, content.deadLetters ?? []),
    sendAll(sqs, resources.scanQueueUrl, content.waiting ?? []),
  ]);
}

/** Bodies that are sent at the same time: some forty requests, for which the client has connections. */
const together = 400;

async function sendAll(sqs: SQSClient, url: string, bodies: readonly string[]): Promise<void> {
  for (let start = 0; start < bodies.length; start += together)
    await put(
      sqs,
      url,
      bodies.slice(start, start + together).map((body) => ({ body })),
    );
}
