import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Message } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { consume, sockets } from './consume.ts';

/**
 * The second half of the straightforward pipeline: four consumers in one process. Each receives ten messages, makes one
 * conditional update per event, ten in parallel, and deletes the ten with one call.
 */

const { SCAN_QUEUE_URL = '', PARCELS_TABLE = '' } = process.env;

const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler: sockets }));

type CarrierEvent = {
  readonly EventId: number;
  readonly ParcelId: number;
  readonly Type: string;
  readonly CreatedDateTimeUtc: string;
  readonly StatusCode: string;
  readonly User: { readonly RunId: string };
};

/** EventIds, because an engine may deliver an event twice. */
const stored = new Set<number>();
process.on('message', (message) => {
  if (message === 'stored') process.send?.({ stored: stored.size });
});

consume(SCAN_QUEUE_URL, handleMessage);

async function handleMessage({ Body = '' }: Message): Promise<void> {
  // The feed is clean: every message is an event.
  const event = JSON.parse(Body) as CarrierEvent;
  const written = await update(latestUpdate(event));
  // A milestone that comes after a later scan may still be the first of its type.
  const milestone = milestoneOf(event);
  if (!written && milestone) await update(lateMilestoneUpdate(event, milestone));
  stored.add(event.EventId);
}

/** Returns whether the condition held. */
async function update(input: UpdateCommandInput): Promise<boolean> {
  try {
    await documents.send(new UpdateCommand(input));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

function latestUpdate(event: CarrierEvent): UpdateCommandInput {
  const milestone = milestoneOf(event);
  const first = milestone
    ? `, ${milestone}TimeUtc = if_not_exists(${milestone}TimeUtc, :time), ${milestone}EventId = if_not_exists(${milestone}EventId, :id)`
    : '';
  return {
    TableName: PARCELS_TABLE,
    Key: { parcelId: event.ParcelId },
    UpdateExpression: `SET lastEventId = :id, #type = :type, statusCode = :status, runId = :run, createdDateTimeUtc = :time${first}`,
    ConditionExpression: 'attribute_not_exists(parcelId) OR lastEventId < :id',
    ExpressionAttributeNames: { '#type': 'type' },
    ExpressionAttributeValues: {
      ':id': event.EventId,
      ':type': event.Type,
      ':status': event.StatusCode,
      ':run': event.User.RunId,
      ':time': event.CreatedDateTimeUtc,
    },
  };
}

function lateMilestoneUpdate(event: CarrierEvent, milestone: 'pickup' | 'delivery'): UpdateCommandInput {
  return {
    TableName: PARCELS_TABLE,
    Key: { parcelId: event.ParcelId },
    UpdateExpression: `SET ${milestone}TimeUtc = :time, ${milestone}EventId = :id`,
    ConditionExpression: `attribute_not_exists(${milestone}EventId) OR ${milestone}EventId > :id`,
    ExpressionAttributeValues: { ':id': event.EventId, ':time': event.CreatedDateTimeUtc },
  };
}

function milestoneOf({ Type }: CarrierEvent): 'pickup' | 'delivery' | undefined {
  if (Type === 'PICKUP') return 'pickup';
  return Type === 'DELIVERY' ? 'delivery' : undefined;
}
