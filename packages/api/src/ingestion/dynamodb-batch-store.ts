import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import type { BatchRecord, BatchStore } from './batch-store.ts';
import { expiresAt } from './claim-key.ts';

export type BatchesTable = { readonly documents: DynamoDBDocumentClient; readonly tableName: string };

/**
 * Batches and idempotency keys in the batches table.
 *
 * A batch: what `batch-view.ts` (operations) shows, and `bodySha256`, `packing`, `firstPart`, `createdDay`, `expiresAt`. A key:
 * `batchId` (its own id), `keyOf` (the batch's id), `bodySha256`, `claimId`, `claimedAtMs`, `createdAtMs`, `expiresAt`. It has
 * neither `createdDay`, so that it is in no list, nor `state`, so that it is not shown as a batch.
 */
export function dynamoDbBatchStore({ documents, tableName }: BatchesTable): BatchStore {
  const read = async (batchId: string, abortSignal: AbortSignal) => {
    const command = new GetCommand({ TableName: tableName, Key: { batchId }, ConsistentRead: true });
    const { Item } = await documents.send(command, { abortSignal });
    return Item;
  };

  return {
    readKey: async (keyId, signal) => {
      const item = await read(keyId, signal);
      return item && storedKey.parse(item);
    },

    putKey: async ({ keyId, batchId, ...rest }, seen, abortSignal) => {
      const command = new PutCommand({
        TableName: tableName,
        Item: { batchId: keyId, keyOf: batchId, ...rest, expiresAt: expiresAt(rest.createdAtMs) },
        ...(seen
          ? { ConditionExpression: 'claimId = :seen', ExpressionAttributeValues: { ':seen': seen.claimId } }
          : { ConditionExpression: 'attribute_not_exists(batchId)' }),
      });
      return await holds(documents.send(command, { abortSignal }));
    },

    readBatch: async (batchId, signal) => {
      const item = await read(batchId, signal);
      return item && storedBatch.parse(item);
    },

    putBatch: async (batch, abortSignal) => {
      const { createdAtMs, ...rest } = batch;
      const createdAtUtc = new Date(createdAtMs).toISOString();
      const command = new PutCommand({
        TableName: tableName,
        Item: {
          ...rest,
          state: 'sending',
          pending: partsOf(batch),
          createdAtUtc,
          createdDay: createdAtUtc.slice(0, 'YYYY-MM-DD'.length),
          expiresAt: expiresAt(createdAtMs),
        },
        ConditionExpression: 'attribute_not_exists(batchId)',
      });
      return await holds(documents.send(command, { abortSignal }));
    },

    repack: async (batch, seen, abortSignal) => {
      const { batchId, accepted, rejected, packs, firstPart, packing } = batch;
      const command = new UpdateCommand({
        TableName: tableName,
        Key: { batchId },
        UpdateExpression:
          'SET accepted = :accepted, rejected = :rejected, packs = :packs, firstPart = :firstPart, packing = :packing, pending = :pending',
        ConditionExpression: isSending,
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ':sending': 'sending',
          ':seen': seen.packing,
          ':seenFirst': seen.firstPart,
          ':accepted': accepted,
          ':rejected': rejected,
          ':packs': packs,
          ':firstPart': firstPart,
          ':packing': packing,
          ':pending': partsOf(batch),
        },
      });
      return await holds(documents.send(command, { abortSignal }));
    },

    markSent: async ({ batchId, packing, firstPart }, abortSignal) => {
      const command = new UpdateCommand({
        TableName: tableName,
        Key: { batchId },
        UpdateExpression: 'SET #state = :sent',
        ConditionExpression: isSending,
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ':sent': 'sent',
          ':sending': 'sending',
          ':seen': packing,
          ':seenFirst': firstPart,
        },
      });
      return await holds(documents.send(command, { abortSignal }));
    },
  };
}

/** The packing alone may be another one with other numbers: packed otherwise, and then as before again. */
const isSending = '#state = :sending AND packing = :seen AND firstPart = :seenFirst';

/** Whether the condition of a write held. */
async function holds(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** The numbers of a batch's packs. */
function partsOf({ firstPart, packs }: Pick<BatchRecord, 'firstPart' | 'packs'>): ReadonlySet<number> {
  return new Set(Array.from({ length: packs }, (_, index) => firstPart + index));
}

const storedBatch = z.object({
  batchId: z.string(),
  accepted: z.number(),
  packs: z.number(),
  firstPart: z.number(),
  packing: z.string(),
  bodySha256: z.string(),
  state: z.enum(['sending', 'sent']),
});

const storedKey = z
  .object({
    batchId: z.string(),
    keyOf: z.string(),
    bodySha256: z.string(),
    claimId: z.string(),
    claimedAtMs: z.number(),
    createdAtMs: z.number(),
  })
  .transform(({ batchId, keyOf, ...rest }) => ({ ...rest, keyId: batchId, batchId: keyOf }));
