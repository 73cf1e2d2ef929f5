import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import type { CheckpointStore } from './checkpoint-store.ts';

export type CheckpointTable = {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly feed: string;
};

/** A number that an item written by hand may lack. */
const count = z.int().nonnegative().default(0);

const checkpointItem = z.object({
  lastEventId: z.int().nonnegative().optional(),
  fencingToken: count,
  leaseCounter: count,
  leaseHolder: z.string().optional(),
  // Any value: the ledger's own reader says whether it can read it.
  openGaps: z.unknown().optional(),
  watermark: z.unknown().optional(),
  // For people: no value of these may keep a poller from its checkpoint.
  caughtUpAtUtc: z.string().optional().catch(undefined),
  newestScanUtc: z.string().optional().catch(undefined),
  headEventId: z.int().optional().catch(undefined),
});

/** The writer's lease is still the item's. */
const isHeld = 'fencingToken = :token AND leaseHolder = :holder';

/**
 * The feed's item in the checkpoints table: `feed`, `lastEventId`, `fencingToken`, `leaseCounter`, `leaseHolder`,
 * `openGaps` (absent while there are none), `watermark`, `caughtUpAtUtc`, `newestScanUtc`, `headEventId`.
 */
export function dynamoDbCheckpointStore({ dynamodb, tableName, feed }: CheckpointTable): CheckpointStore {
  const client = DynamoDBDocumentClient.from(dynamodb);

  /** Makes one conditional update. Returns whether its condition held. */
  const update = async (input: Omit<UpdateCommandInput, 'TableName' | 'Key'>): Promise<boolean> => {
    try {
      await client.send(new UpdateCommand({ TableName: tableName, Key: { feed }, ...input }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };

  return {
    read: async () => {
      const { Item } = await client.send(new GetCommand({ TableName: tableName, Key: { feed }, ConsistentRead: true }));
      if (!Item) return undefined;
      const item = checkpointItem.parse(Item);
      return {
        lastEventId: item.lastEventId,
        token: item.fencingToken,
        counter: item.leaseCounter,
        holder: item.leaseHolder,
        openGaps: item.openGaps === undefined ? undefined : String(item.openGaps),
        watermark: typeof item.watermark === 'number' ? item.watermark : undefined,
        caughtUpAtUtc: item.caughtUpAtUtc,
        newestScanUtc: item.newestScanUtc,
        headEventId: item.headEventId,
      };
    },

    acquire: async (seen, holder) => {
      const token = seen?.token ?? 0;
      const counter = seen?.counter ?? 0;
      const acquired = await update({
        UpdateExpression: 'SET leaseHolder = :holder, fencingToken = :nextToken, leaseCounter = :nextCounter',
        ConditionExpression: seen
          ? `${stillIs('fencingToken', ':token', token)} AND ${stillIs('leaseCounter', ':counter', counter)}`
          : 'attribute_not_exists(feed)',
        ExpressionAttributeValues: {
          ':holder': holder,
          ':nextToken': token + 1,
          ':nextCounter': counter + 1,
          ...(seen && { ':token': token, ':counter': counter }),
        },
      });
      return acquired ? 'acquired' : 'outrun';
    },

    renew: async ({ token, holder }, lastEventId, completeness, { caughtUpAtUtc, newestScanUtc, headEventId } = {}) => {
      const moves = lastEventId !== undefined;
      const { openGaps, watermark } = completeness ?? {};
      const set = [
        ...(moves ? ['lastEventId = :last'] : []),
        ...(openGaps === undefined ? [] : ['openGaps = :gaps']),
        ...(watermark === undefined ? [] : ['watermark = :watermark']),
        ...(caughtUpAtUtc === undefined ? [] : ['caughtUpAtUtc = :caughtUp']),
        ...(newestScanUtc === undefined ? [] : ['newestScanUtc = :newestScan']),
        ...(headEventId === undefined ? [] : ['headEventId = :head']),
      ];
      const renewed = await update({
        UpdateExpression: [
          ...(set.length > 0 ? [`SET ${set.join(', ')}`] : []),
          ...(completeness && openGaps === undefined ? ['REMOVE openGaps'] : []),
          'ADD leaseCounter :one',
        ].join(' '),
        // AND binds closer than OR; an embedded engine takes milliseconds for a pair of parentheses.
        ConditionExpression: moves
          ? `${isHeld} AND attribute_not_exists(lastEventId) OR ${isHeld} AND lastEventId <= :last`
          : isHeld,
        ExpressionAttributeValues: {
          ':token': token,
          ':holder': holder,
          ':one': 1,
          ...(moves && { ':last': lastEventId }),
          ...(openGaps !== undefined && { ':gaps': openGaps }),
          ...(watermark !== undefined && { ':watermark': watermark }),
          ...(caughtUpAtUtc !== undefined && { ':caughtUp': caughtUpAtUtc }),
          ...(newestScanUtc !== undefined && { ':newestScan': newestScanUtc }),
          ...(headEventId !== undefined && { ':head': headEventId }),
        },
      });
      return renewed ? 'renewed' : 'fenced';
    },

    release: async ({ token, holder }) => {
      // Where the condition fails another process holds the lease: it is given up already.
      await update({
        UpdateExpression: 'REMOVE leaseHolder ADD leaseCounter :one',
        ConditionExpression: isHeld,
        ExpressionAttributeValues: { ':token': token, ':holder': holder, ':one': 1 },
      });
    },
  };
}

/** An item written by hand may lack the number, which then counts as 0. */
function stillIs(attribute: string, placeholder: string, value: number): string {
  const equals = `${attribute} = ${placeholder}`;
  return value === 0 ? `(attribute_not_exists(${attribute}) OR ${equals})` : equals;
}
