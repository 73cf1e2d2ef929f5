import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { unfinishedIndex, unfinishedShards } from '@waybill/shared/resources.ts';
import type { Deployment } from '../deployment.ts';
import { notConfigured } from '../not-configured.ts';
import { type NotificationState, notificationStates } from './notification-state.ts';
import { type NotificationView, notificationIdOf, notificationView } from './notification-view.ts';

export type NotificationsReading = {
  readonly dynamodb: DynamoDBClient;
  readonly deployment: Pick<Deployment, 'notificationsTable'>;
};

/** A list of notifications, and what it lacks. */
export type NotificationList = {
  readonly notifications: readonly NotificationView[];
  /** There are more than were asked for. */
  readonly hasMore: boolean;
  /** Items that are not notifications; a bounded number of them is named. */
  readonly unreadable: number;
  /** What was not looked at, or in which order; a sentence each. */
  readonly notLookedAt: readonly string[];
};

/** Most items that a list without an index looks through. */
const mostScanned = 10_000;

type Item = Readonly<Record<string, unknown>>;

function tableOf({ deployment }: NotificationsReading): string {
  if (deployment.notificationsTable === undefined) throw notConfigured('notifies nobody', 'NOTIFICATIONS_TABLE');
  return deployment.notificationsTable;
}

/** The notifications of a parcel by milestone; none where the deployment notifies nobody. */
export async function notificationsOfParcel(
  reading: NotificationsReading,
  parcelId: number,
  signal: AbortSignal,
): Promise<readonly NotificationView[]> {
  if (reading.deployment.notificationsTable === undefined) return [];
  const found = await Promise.all(
    milestoneNames.map((milestone) => readNotification(reading, notificationIdOf(milestone, parcelId), signal)),
  );
  return found.flatMap((each) => each ?? []);
}

/** A notification by its id. Rejects with `NOT_FOUND`, or `NOT_CONFIGURED` where the deployment has no such table. */
export async function showNotification(
  reading: NotificationsReading,
  notificationId: string,
  signal: AbortSignal,
): Promise<NotificationView> {
  const found = await readNotification(reading, notificationId, signal);
  if (found) return found;
  throw new WaybillError('NOT_FOUND', `there is no notification ${notificationId}`, {
    details: { notificationId, next: 'waybill notifications list' },
  });
}

async function readNotification(
  reading: NotificationsReading,
  notificationId: string,
  signal: AbortSignal,
): Promise<NotificationView | undefined> {
  const { Item } = await DynamoDBDocumentClient.from(reading.dynamodb).send(
    new GetCommand({ TableName: tableOf(reading), Key: { notificationId }, ConsistentRead: true }),
    { abortSignal: signal },
  );
  return Item && notificationView(Item);
}

/**
 * Notifications of a state, or those of all states that need a look, the last changed first. What was told is in no index: it
 * is looked for in the table, in no order. Rejects with `NOT_CONFIGURED` where the deployment has no such table.
 */
export async function listNotifications(
  reading: NotificationsReading,
  { state, limit }: { readonly state: NotificationState | undefined; readonly limit: number },
  signal: AbortSignal,
): Promise<NotificationList> {
  const tableName = tableOf(reading);
  const documents = DynamoDBDocumentClient.from(reading.dynamodb);
  if (state === 'notified') return await scanNotified(documents, tableName, limit, signal);
  const states = notificationStates.filter((each) => each !== 'notified' && (state === undefined || each === state));
  const partitions = states.flatMap((each) =>
    Array.from({ length: unfinishedShards }, (_, shard) => `${each}#${shard}`),
  );
  const pages = await Promise.all(
    partitions.map((partition) => newestOf(documents, tableName, partition, limit + 1, signal)),
  );
  const items = pages.flat().sort((a, b) => (String(a['changedAtUtc']) > String(b['changedAtUtc']) ? -1 : 1));
  return { ...listed(items, limit), notLookedAt: [] };
}

async function newestOf(
  documents: DynamoDBDocumentClient,
  tableName: string,
  partition: string,
  limit: number,
  signal: AbortSignal,
): Promise<Item[]> {
  const items: Item[] = [];
  let startKey: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: unfinishedIndex.name,
        KeyConditionExpression: 'unfinished = :partition',
        ExpressionAttributeValues: { ':partition': partition },
        ScanIndexForward: false,
        Limit: limit - items.length,
        ...(startKey && { ExclusiveStartKey: startKey }),
      }),
      { abortSignal: signal },
    );
    items.push(...(page.Items ?? []));
    startKey = page.LastEvaluatedKey;
  } while (startKey && items.length < limit);
  return items;
}

async function scanNotified(
  documents: DynamoDBDocumentClient,
  tableName: string,
  limit: number,
  signal: AbortSignal,
): Promise<NotificationList> {
  const items: Item[] = [];
  let left = mostScanned;
  let startKey: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new ScanCommand({
        TableName: tableName,
        FilterExpression: '#state = :state',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':state': 'notified' },
        Limit: Math.min(left, 1_000),
        ...(startKey && { ExclusiveStartKey: startKey }),
      }),
      { abortSignal: signal },
    );
    items.push(...(page.Items ?? []));
    left -= page.ScannedCount ?? 0;
    startKey = page.LastEvaluatedKey;
  } while (startKey && left > 0 && items.length <= limit);
  const found = listed(items, limit);
  const rest = startKey ? [`only ${mostScanned - left} of its items were looked through`] : [];
  return {
    ...found,
    hasMore: found.hasMore || startKey !== undefined,
    notLookedAt: ['notifications that were told are in no index, so these are in no order', ...rest],
  };
}

function listed(items: readonly Item[], limit: number): Omit<NotificationList, 'notLookedAt'> {
  const views = items.map(notificationView);
  const notifications = views.filter((view) => view !== undefined);
  return {
    notifications: notifications.slice(0, limit),
    hasMore: notifications.length > limit,
    unreadable: views.length - notifications.length,
  };
}
