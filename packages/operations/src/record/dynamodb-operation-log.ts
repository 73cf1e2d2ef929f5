import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { operationRetentionDays, recentOperationsIndex, tables } from '@waybill/shared/resources.ts';
import { z } from 'zod';
import type { Operation } from './operation.ts';
import type { OperationLog } from './operation-log.ts';
import { operationShape } from './operation-shape.ts';
import type { Plan } from './plan.ts';

export type OperationTable = {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
};

const secondsPerDay = 86_400;

/** Months that hold operations: the retention's days and the two months in which it begins and ends. */
const mostMonths = Math.ceil(operationRetentionDays / 28) + 1;

/** Of a record that is there: one that is not must not come to be by an update. */
const isUnderWay = 'attribute_exists(operationId) AND attribute_not_exists(outcome)';

const storedCancelRequest = z.object({ cancelRequestedBy: z.string(), cancelRequestedAtUtc: z.string() });

/** The operations table on DynamoDB. Rejects only with the engine's errors. */
export function dynamoDbOperationLog(
  { documents, tableName }: OperationTable,
  clock: { readonly now: () => number },
): OperationLog {
  const keyOf = (operationId: string) => ({ [tables.operations.key.name]: operationId });
  const read = async (operationId: string) => {
    const { Item } = await documents.send(
      new GetCommand({ TableName: tableName, Key: keyOf(operationId), ConsistentRead: true }),
    );
    return Item && operationOf(Item);
  };
  return {
    begin: async ({ plan, ...start }) => {
      const item = {
        ...start,
        // As one text: an item of a table that people look at, and no attribute of it is ever searched.
        plan: JSON.stringify(plan),
        startedMonth: start.startedAtUtc.slice(0, 'YYYY-MM'.length),
        expiresAt: Math.ceil(Date.parse(start.startedAtUtc) / 1_000) + operationRetentionDays * secondsPerDay,
      };
      await documents.send(
        new PutCommand({
          TableName: tableName,
          Item: item,
          // An id that is taken already is another act's, and its record stays.
          ConditionExpression: 'attribute_not_exists(operationId)',
        }),
      );
    },

    heartbeat: async (operationId, { heartbeatAtUtc, progress }) => {
      const { Attributes = {} } = await documents.send(
        new UpdateCommand({
          TableName: tableName,
          Key: keyOf(operationId),
          UpdateExpression: `SET heartbeatAtUtc = :at${progress ? ', #progress = :progress' : ''}`,
          ConditionExpression: isUnderWay,
          ...(progress && { ExpressionAttributeNames: { '#progress': 'progress' } }),
          ExpressionAttributeValues: { ':at': heartbeatAtUtc, ...(progress && { ':progress': progress }) },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return storedCancelRequest.safeParse(Attributes).data;
    },

    requestCancel: async (operationId, { cancelRequestedBy, cancelRequestedAtUtc }) => {
      try {
        const { Attributes = {} } = await documents.send(
          new UpdateCommand({
            TableName: tableName,
            Key: keyOf(operationId),
            UpdateExpression:
              'SET cancelRequestedAtUtc = if_not_exists(cancelRequestedAtUtc, :at), cancelRequestedBy = if_not_exists(cancelRequestedBy, :by)',
            ConditionExpression: isUnderWay,
            ExpressionAttributeValues: { ':at': cancelRequestedAtUtc, ':by': cancelRequestedBy },
            ReturnValues: 'ALL_NEW',
          }),
        );
        return { kind: 'requested', operation: operationOf(Attributes) };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { kind: (await read(operationId)) ? 'ended' : 'missing' };
      }
    },

    end: async (operationId, { outcome, counts, finishedAtUtc, problems }) => {
      await documents.send(
        new UpdateCommand({
          TableName: tableName,
          Key: keyOf(operationId),
          UpdateExpression: `SET outcome = :outcome, counts = :counts, finishedAtUtc = :finished${problems ? ', problems = :problems' : ''}`,
          ExpressionAttributeValues: {
            ':outcome': outcome,
            ':counts': counts,
            ':finished': finishedAtUtc,
            ...(problems && { ':problems': problems }),
          },
        }),
      );
    },

    read,

    list: async (limit, before) => {
      const found: Operation[] = [];
      for (const month of monthsBack(clock.now()).filter((each) => before === undefined || each <= monthOf(before))) {
        let startKey: Record<string, unknown> | undefined;
        do {
          const { Items = [], LastEvaluatedKey } = await documents.send(
            new QueryCommand({
              TableName: tableName,
              IndexName: recentOperationsIndex.name,
              KeyConditionExpression: `startedMonth = :month${before === undefined ? '' : ' AND operationId < :before'}`,
              ExpressionAttributeValues: { ':month': month, ...(before !== undefined && { ':before': before }) },
              ScanIndexForward: false,
              Limit: limit - found.length,
              ...(startKey && { ExclusiveStartKey: startKey }),
            }),
          );
          found.push(...Items.map(operationOf));
          startKey = LastEvaluatedKey;
        } while (startKey && found.length < limit);
        if (found.length >= limit) break;
      }
      return found;
    },
  };
}

/** The month of an operation's id, as the index has it. */
function monthOf(operationId: string): string {
  return `${operationId.slice(0, 4)}-${operationId.slice(4, 6)}`;
}

/** The months that may hold operations, `YYYY-MM`, the newest first. */
function monthsBack(nowMs: number): string[] {
  const now = new Date(nowMs);
  return Array.from({ length: mostMonths }, (_, back) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 'YYYY-MM'.length),
  );
}

const storedOperation = z.object({
  ...operationShape.shape,
  // Written by this package, whose releases add to it and take nothing away.
  plan: z.string().transform((text): Plan => JSON.parse(text)),
});

function operationOf(item: Readonly<Record<string, unknown>>): Operation {
  return storedOperation.parse(item);
}
