import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { Producer } from 'sqs-producer';

/**
 * The first half of the straightforward pipeline. It reads pages of the feed, puts one event into a message and ten messages
 * into a send, sends a whole page in parallel, and saves the checkpoint when all sends are confirmed.
 */

const { SCAN_API_URL = '', SCAN_QUEUE_URL = '', CHECKPOINTS_TABLE = '', SCAN_API_LIMIT = '100' } = process.env;
const idleMs = 1_000;
const batchSize = 10;
const sockets = { httpAgent: { keepAlive: true, maxSockets: 64 } };

const sqs = new SQSClient({ useQueueUrlAsEndpoint: false, requestHandler: sockets });
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler: sockets }));
const producer = Producer.create({ queueUrl: SCAN_QUEUE_URL, sqs, batchSize });

type Page = { readonly ScanEvents: readonly { readonly EventId: number }[] };

let next = await readCheckpoint();
for (;;) {
  const response = await fetch(`${SCAN_API_URL}?FromEventId=${next}&Limit=${SCAN_API_LIMIT}`);
  if (!response.ok) throw new Error(`the Scan Event API returned ${response.status}`);
  // The feed is clean: every response is a page.
  const { ScanEvents: events } = (await response.json()) as Page;
  const messages = events.map((event) => ({ id: String(event.EventId), body: JSON.stringify(event) }));
  // Given all messages at once, the producer would send its batches one after the other.
  const batches = Array.from({ length: Math.ceil(messages.length / batchSize) }, (_, index) =>
    messages.slice(index * batchSize, (index + 1) * batchSize),
  );
  await Promise.all(batches.map((batch) => producer.send(batch)));
  const last = events.at(-1);
  if (last) {
    next = last.EventId + 1;
    await saveCheckpoint(next);
  }
  if (events.length < Number(SCAN_API_LIMIT)) await delay(idleMs);
}

async function readCheckpoint(): Promise<number> {
  const { Item } = await documents.send(new GetCommand({ TableName: CHECKPOINTS_TABLE, Key: { feed: 'scan-events' } }));
  return Item ? Number(Item['next']) : 1;
}

async function saveCheckpoint(position: number): Promise<void> {
  await documents.send(
    new UpdateCommand({
      TableName: CHECKPOINTS_TABLE,
      Key: { feed: 'scan-events' },
      UpdateExpression: 'SET #next = :next',
      ExpressionAttributeNames: { '#next': 'next' },
      ExpressionAttributeValues: { ':next': position },
    }),
  );
}
