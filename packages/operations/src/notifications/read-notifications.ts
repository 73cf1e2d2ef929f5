import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { notificationIdOf } from '@waybill/notifier/notifications/notification-id.ts';
import type { NotificationState } from '@waybill/notifier/notifications/notification-state.ts';
import { unfinishedPartitions, unfinishedStates } from '@waybill/notifier/notifications/unfinished.ts';
import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { unfinishedIndex } from '@waybill/shared/resources.ts';
import type { Deployment } from '../deployment.ts';
import { newestFirst, type Place } from '../newest-first.ts';
import { notConfigured } from '../not-configured.ts';
import { type NotificationView, notificationView } from './notification-view.ts';

export type NotificationsReading = {
  readonly dynamodb: DynamoDBClient;
  readonly deployment: Pick<Deployment, 'notificationsTable'>;
};

/** A list of notifications, and what it lacks. */
export type NotificationList = {
  readonly notifications: readonly NotificationView[];
  /** Where the next list begins; absent at the end. */
  readonly next?: Place;
  /** Items that are not notifications; a bounded number of them is named. */
  readonly unreadable: number;
  /** What was not looked at, or in which order; a sentence each. */
  readonly notLookedAt: readonly string[];
};

/** Most items that a list without an index looks through. */
const mostScanned = 10_000;

/** Notifications of one answer of the index. */
const largestPage = 250;

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
    milestoneNames.map((milestone) => readNotification(reading, notificationIdOf({ milestone, parcelId }), signal)),
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

export type NotificationFilter = {
  readonly state: NotificationState | undefined;
  readonly limit: number;
  /** Where the last list ended. */
  readonly after?: Place | undefined;
};

/**
 * Notifications of a state, or those of all states that need a look, the last changed first. What was told is in no index: it
 * is looked for in the table, in no order. Rejects with `NOT_CONFIGURED` where the deployment has no such table.
 */
export async function listNotifications(
  reading: NotificationsReading,
  filter: NotificationFilter,
  signal: AbortSignal,
): Promise<NotificationList> {
  const place = { documents: DynamoDBDocumentClient.from(reading.dynamodb), tableName: tableOf(reading) };
  const list = filter.state === 'notified' ? scanNotified : newestUnfinished;
  return await list(place, filter, signal);
}

type NotificationsTable = { readonly documents: DynamoDBDocumentClient; readonly tableName: string };

async function newestUnfinished(
  { documents, tableName }: NotificationsTable,
  { state, limit, after }: NotificationFilter,
  signal: AbortSignal,
): Promise<NotificationList> {
  const states = unfinishedStates.filter((each) => state === undefined || each === state);
  const readPage = async (partition: string, startKey: Item | undefined) => {
    const { Items = [], LastEvaluatedKey } = await documents.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: unfinishedIndex.name,
        KeyConditionExpression: `unfinished = :partition${after ? ' AND changedAtUtc <= :until' : ''}`,
        ExpressionAttributeValues: { ':partition': partition, ...(after && { ':until': after.atUtc }) },
        ScanIndexForward: false,
        Limit: Math.min(limit + 1, largestPage),
        ...(startKey && { ExclusiveStartKey: startKey }),
      }),
      { abortSignal: signal },
    );
    return { items: Items, startKey: LastEvaluatedKey };
  };
  const partitions = states.flatMap(unfinishedPartitions);
  const listed = new Listed(limit);
  for await (const item of newestFirst({ partitions, readPage, placeOf, after }, signal)) {
    if (listed.isFull) return listed.with({ next: listed.last, notLookedAt: [] });
    listed.add(item);
  }
  return listed.with({ next: undefined, notLookedAt: [] });
}

async function scanNotified(
  { documents, tableName }: NotificationsTable,
  { limit, after }: NotificationFilter,
  signal: AbortSignal,
): Promise<NotificationList> {
  const listed = new Listed(limit);
  const noOrder = 'notifications that were told are in no index, so these are in no order';
  let left = mostScanned;
  let startKey: Item | undefined = after && { notificationId: after.id };
  do {
    const {
      Items = [],
      ScannedCount = 0,
      LastEvaluatedKey,
    } = await documents.send(
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
    for (const item of Items) {
      if (listed.isFull) return listed.with({ next: listed.last, notLookedAt: [noOrder] });
      listed.add(item);
    }
    left -= ScannedCount;
    startKey = LastEvaluatedKey;
  } while (startKey && left > 0);
  const rest = startKey ? [`only ${mostScanned - left} of its items were looked through`] : [];
  return listed.with({ next: startKey && placeOf(startKey), notLookedAt: [noOrder, ...rest] });
}

/** The key is all that tells the place of what is in no order. */
function placeOf({ changedAtUtc = '', notificationId }: Item): Place {
  return { atUtc: String(changedAtUtc), id: String(notificationId) };
}

class Listed {
  readonly #limit: number;
  readonly #notifications: NotificationView[] = [];
  #unreadable = 0;
  last: Place | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#notifications.length >= this.#limit;
  }

  add(item: Item): void {
    const view = notificationView(item);
    if (view) this.#notifications.push(view);
    else this.#unreadable += 1;
    this.last = placeOf(item);
  }

  with({
    next,
    notLookedAt,
  }: {
    readonly next: Place | undefined;
    readonly notLookedAt: readonly string[];
  }): NotificationList {
    return {
      notifications: this.#notifications,
      ...(next && { next }),
      unreadable: this.#unreadable,
      notLookedAt,
    };
  }
}
