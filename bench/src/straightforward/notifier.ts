import { createHmac } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Message } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { consume, sockets } from './consume.ts';

/**
 * The straightforward notifier: one message for each parcel that was delivered. Four consumers in one process each receive
 * ten messages, and for each of them, ten in parallel, read the parcel, sign and post the notification and store that it
 * was told; then they delete the ten with one call. It does less than Waybill: no retries of its own, no check of the
 * address, no look at what was told before.
 */

const { NOTIFICATION_QUEUE_URL = '', PARCELS_TABLE = '', NOTIFICATIONS_TABLE = '' } = process.env;
const { WEBHOOK_URL = '', WEBHOOK_SECRETS = '' } = process.env;
/** Milliseconds of one attempt, as Waybill's default. */
const attemptMs = 15_000;
const key = Buffer.from(WEBHOOK_SECRETS.replace('whsec_', ''), 'base64');

const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler: sockets }));

consume(NOTIFICATION_QUEUE_URL, handleMessage);

async function handleMessage({ Body = '' }: Message): Promise<void> {
  // The benchmark's messages are well-formed.
  const { parcelId } = JSON.parse(Body) as { readonly parcelId: number };
  const { Item: parcel } = await documents.send(
    new GetCommand({ TableName: PARCELS_TABLE, Key: { parcelId }, ConsistentRead: true }),
  );
  if (!parcel?.['deliveryTimeUtc']) throw new Error(`parcel ${parcelId} is not delivered`);
  const { deliveryTimeUtc: timestamp, deliveryEventId, pickupTimeUtc, type, statusCode } = parcel;
  const status = await post(
    `delivery_${parcelId}`,
    JSON.stringify({
      type: 'parcel.delivered',
      timestamp,
      data: { parcelId, deliveryTimeUtc: timestamp, deliveryEventId, pickupTimeUtc, type, statusCode },
    }),
  );
  await documents.send(
    new UpdateCommand({
      TableName: NOTIFICATIONS_TABLE,
      Key: { notificationId: `delivery-${parcelId}` },
      UpdateExpression:
        'SET #state = :state, parcelId = :parcelId, lastStatus = :status, notifiedAtUtc = :now ADD notifiedCount :one',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ...{ ':state': 'notified', ':parcelId': parcelId, ':status': status },
        ...{ ':now': new Date().toISOString(), ':one': 1 },
      },
    }),
  );
}

/** Signs as Standard Webhooks say, with Node's own HMAC, and resolves with the status. */
async function post(id: string, body: string): Promise<number> {
  const seconds = Math.floor(Date.now() / 1_000);
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  const response = await fetch(WEBHOOK_URL, {
    method: 'POST',
    headers: {
      ...{ 'content-type': 'application/json', 'webhook-id': id },
      ...{ 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` },
    },
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(attemptMs),
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${id}: the webhook answered ${response.status}`);
  return response.status;
}
