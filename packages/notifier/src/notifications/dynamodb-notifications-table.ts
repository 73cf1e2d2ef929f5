import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type BatchReading, batchGet } from '@waybill/shared/batch-get.ts';
import type { Item } from '@waybill/shared/parcels/parcel-item.ts';
import { tables } from '@waybill/shared/resources.ts';
import { milestoneOfNotification } from './notification-id.ts';
import { notificationAttributes, notificationKey, readNotification } from './notification-item.ts';
import type { NotificationsTable, StoredNotification } from './notifications-table.ts';

const key = tables.notifications.key.name;

/**
 * The notifications table on DynamoDB. A write sets what a notification has and removes what it has not, so that attributes of
 * later releases stay. `signal`: ends the wait before what DynamoDB left out is asked for again.
 */
export function dynamoDbNotificationsTable({
  tableName,
  signal,
  ...reading
}: BatchReading & { readonly tableName: string; readonly signal: AbortSignal }): NotificationsTable {
  return {
    get: async (notificationIds) => {
      const items = await batchGet(reading, tableName, notificationIds.map(notificationKey), signal);
      return new Map(items.flatMap(entryOf));
    },
    put: async (next, seen) => {
      try {
        await reading.dynamodb.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: notificationKey(next.notificationId),
            ...update(next, seen),
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}

function entryOf(item: Item): [string, StoredNotification][] {
  const id = item[key]?.S ?? '';
  const about = milestoneOfNotification(id);
  return about ? [[id, readNotification(item, about)]] : [];
}

function update(next: StoredNotification, seen: StoredNotification | undefined) {
  const set: string[] = [];
  const remove: string[] = [];
  const names: Record<string, string> = {};
  const values: Item = {};
  for (const { name, value } of notificationAttributes) {
    const stored = value(next);
    names[`#${name}`] = name;
    if (stored) {
      values[`:${name}`] = stored;
      set.push(`#${name} = :${name}`);
    } else remove.push(`#${name}`);
  }
  const condition = conditionOf(seen);
  return {
    UpdateExpression: `SET ${set.join(', ')}${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: { ...values, ...condition.values },
    ConditionExpression: condition.text,
  };
}

/** The key is named by {@link tables}, all else by the update's names. */
function conditionOf(seen: StoredNotification | undefined): { readonly text: string; readonly values: Item } {
  if (!seen) return { text: `attribute_not_exists(${key})`, values: {} };
  const { changedAtUtc, notifiedCount } = seen;
  const neverTold = notifiedCount === 0 ? 'attribute_not_exists(#notifiedCount) OR ' : '';
  const isUnchanged = changedAtUtc === '' ? 'attribute_not_exists(#changedAtUtc)' : '#changedAtUtc = :seenChangedAtUtc';
  return {
    text: `attribute_exists(${key}) AND ${isUnchanged} AND (${neverTold}#notifiedCount = :seenNotifiedCount)`,
    values: {
      ':seenNotifiedCount': { N: String(notifiedCount) },
      ...(changedAtUtc !== '' && { ':seenChangedAtUtc': { S: changedAtUtc } }),
    },
  };
}
