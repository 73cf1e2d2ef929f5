import { type AttributeValue, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { StoredParcel } from './oracle.ts';

/** Every item of the parcels table, for comparing it with what an oracle expects. */
export async function readStoredParcels(
  dynamodb: DynamoDBClient,
  table: string,
  signal?: AbortSignal,
): Promise<StoredParcel[]> {
  return await readStoredItems(dynamodb, table, signal);
}

/** Every item of a table, by attribute. */
export async function readStoredItems(
  dynamodb: DynamoDBClient,
  table: string,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, unknown>>[]> {
  const items: StoredParcel[] = [];
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page = await dynamodb.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ...(start && { ExclusiveStartKey: start }) }),
      { ...(signal && { abortSignal: signal }) },
    );
    for (const item of page.Items ?? []) items.push(plain(item));
    start = page.LastEvaluatedKey;
  } while (start);
  return items;
}

/** Numbers and strings by their value; anything else, as a set, as DynamoDB's API has it. */
function plain(item: Record<string, AttributeValue>): StoredParcel {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => {
      if (value.S !== undefined) return [name, value.S];
      return [name, value.N === undefined ? value : Number(value.N)];
    }),
  );
}
