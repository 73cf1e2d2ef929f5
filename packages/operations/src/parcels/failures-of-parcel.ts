import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { failureReasons, unresolvedPartition, unresolvedShards } from '@waybill/shared/failures/failure-record.ts';
import { unresolvedIndex } from '@waybill/shared/resources.ts';
import { z } from 'zod';
import type { Deployment } from '../deployment.ts';
import { describeTable, whyIndexIsOff } from './index-state.ts';

/** Most records that are looked through for one parcel. */
const mostLookedAt = 10_000;

/** What a parcel's answer shows of a failure record: not the body, which holds ids of people. */
export const parcelFailureShape = z.strictObject({
  failureId: z.string(),
  reason: z.string(),
  detail: z.string(),
  attempts: z.number(),
  firstFailedAtUtc: z.string(),
  lastFailedAtUtc: z.string(),
});

export type ParcelFailure = z.infer<typeof parcelFailureShape>;

export type FoundFailures = {
  /** Those that are not resolved, the latest first. */
  readonly failures: readonly ParcelFailure[];
  /** What was not looked at, a sentence each. */
  readonly notLookedAt: readonly string[];
};

export type FailuresReading = {
  readonly dynamodb: DynamoDBClient;
  readonly deployment: Pick<Deployment, 'failuresTable'>;
};

/** As stored. A record that somebody has written by hand may lack what every writer sets. */
const storedFailure = z.object({
  failureId: z.string(),
  reason: z.string().default(''),
  detail: z.string().default(''),
  attempts: z.number().default(0),
  firstFailedAtUtc: z.string().default(''),
  lastFailedAtUtc: z.string().default(''),
});

/**
 * The failures of a parcel that are not resolved, among the {@link mostLookedAt} newest of all that are not. Where the
 * table has no index `unresolved`, among the first as many of its records, and the answer says so.
 */
export async function failuresOfParcel(
  { dynamodb, deployment: { failuresTable } }: FailuresReading,
  parcelId: number,
  signal: AbortSignal,
): Promise<FoundFailures> {
  const documents = DynamoDBDocumentClient.from(dynamodb);
  const reading = { documents, failuresTable, parcelId, signal };
  const isOff = whyIndexIsOff(await describeTable(dynamodb, failuresTable, signal), unresolvedIndex);
  const found = isOff === undefined ? await queryNewest(reading) : await scanSome(reading, isOff);
  const failures = found.items
    .map((item) => storedFailure.parse(item))
    .sort((a, b) => (a.lastFailedAtUtc > b.lastFailedAtUtc ? -1 : 1));
  return { failures, notLookedAt: found.notLookedAt };
}

type Reading = {
  readonly documents: DynamoDBDocumentClient;
  readonly failuresTable: string;
  readonly parcelId: number;
  readonly signal: AbortSignal;
};

type FoundItems = {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly notLookedAt: readonly string[];
};

type Part = { readonly value: string; startKey?: Record<string, unknown> | undefined; isEnded: boolean };

/** Each partition from its newest record on, side by side, with what is left of the bound shared among those that go on. */
async function queryNewest({ documents, failuresTable, parcelId, signal }: Reading): Promise<FoundItems> {
  const parts: Part[] = failureReasons.flatMap((reason) =>
    Array.from({ length: unresolvedShards }, (_, shard) => ({
      value: unresolvedPartition(reason, shard),
      isEnded: false,
    })),
  );
  const items: Readonly<Record<string, unknown>>[] = [];
  let left = mostLookedAt;
  for (let open = parts; open.length > 0 && left > 0; open = parts.filter(({ isEnded }) => !isEnded)) {
    const share = Math.ceil(left / open.length);
    const looked = open.map(async (part) => {
      const page = await documents.send(
        new QueryCommand({
          TableName: failuresTable,
          IndexName: unresolvedIndex.name,
          KeyConditionExpression: 'unresolved = :value',
          FilterExpression: 'parcelId = :parcel',
          ExpressionAttributeValues: { ':value': part.value, ':parcel': parcelId },
          ScanIndexForward: false,
          Limit: share,
          ...(part.startKey && { ExclusiveStartKey: part.startKey }),
        }),
        { abortSignal: signal },
      );
      part.startKey = page.LastEvaluatedKey;
      part.isEnded = page.LastEvaluatedKey === undefined;
      items.push(...(page.Items ?? []));
      left -= page.ScannedCount ?? 0;
    });
    await Promise.all(looked);
  }
  const isWhole = parts.every(({ isEnded }) => isEnded);
  const bound = `the failures: only the newest ${mostLookedAt} of those that are not resolved were looked through for this parcel`;
  return { items, notLookedAt: isWhole ? [] : [bound] };
}

async function scanSome({ documents, failuresTable, parcelId, signal }: Reading, isOff: string): Promise<FoundItems> {
  const items: Readonly<Record<string, unknown>>[] = [];
  let startKey: Record<string, unknown> | undefined;
  let left = mostLookedAt;
  do {
    const page = await documents.send(
      new ScanCommand({
        TableName: failuresTable,
        FilterExpression: 'parcelId = :parcel AND attribute_not_exists(resolvedAtUtc)',
        ExpressionAttributeValues: { ':parcel': parcelId },
        Limit: left,
        ...(startKey && { ExclusiveStartKey: startKey }),
      }),
      { abortSignal: signal },
    );
    items.push(...(page.Items ?? []));
    left -= page.ScannedCount ?? 0;
    startKey = page.LastEvaluatedKey;
  } while (startKey && left > 0);
  const where = `the table ${failuresTable} ${isOff}`;
  const said = startKey
    ? `the failures: ${where}, so ${mostLookedAt} of its records were looked through, and it has more`
    : `the failures: ${where}, so all its records were looked through`;
  return { items, notLookedAt: [said] };
}
