import { BatchGetItemCommand, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { StageMapping } from '@waybill/shared/domain/stage.ts';
import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import { type Item, parcelKey, storedParcel, updatedAtUtc } from '@waybill/shared/parcels/parcel-item.ts';
import type { ReadParcel } from '@waybill/shared/parcels/parcel-view.ts';
import { backoffMs } from '@waybill/shared/retry.ts';
import type { Deployment } from '../deployment.ts';

export type ParcelReading = {
  readonly dynamodb: DynamoDBClient;
  readonly deployment: Pick<Deployment, 'parcelsTable'>;
};

/** What is needed to ask again for what DynamoDB has left out. */
export type ParcelsReading = ParcelReading & { readonly clock: Clock; readonly random: Random };

export type ParcelsQuestion = ParcelsReading & {
  /** What `STAGES` says. */
  readonly mapping: StageMapping;
};

/** A parcel of whose item nothing can be said, and why. */
export type Unjudged = { readonly parcelId: number; readonly problem: string };

/** Most keys of one BatchGetItem (DynamoDB's limit). */
export const batchGetKeys = 100;

/** Before keys that DynamoDB has not processed are asked for again. */
const unprocessedBackoff = { firstMs: 50, maxMs: 2_000 };

/** How often in a row DynamoDB may process none of the keys: some 10 s. */
const mostFruitless = 10;

/** A parcel's item as it is stored, by a consistent read; undefined where there is none. */
export async function readParcelItem(
  { dynamodb, deployment }: ParcelReading,
  parcelId: number,
  signal: AbortSignal,
): Promise<Item | undefined> {
  const { Item } = await dynamodb.send(
    new GetItemCommand({ TableName: deployment.parcelsTable, Key: keyOf(parcelId), ConsistentRead: true }),
    { abortSignal: signal },
  );
  return Item;
}

/** The parcel in an item. Rejects with `STORE_REJECTED` where the item is not a parcel. */
export function parcelIn(item: Item, parcelId: number): ReadParcel {
  const written = item[updatedAtUtc.name];
  return { ...storedParcel(item, parcelId), updatedAtUtc: (written && updatedAtUtc.read(written)) ?? '' };
}

/** The parcel in an item, or why it is not one. */
export function parcelOrProblem(item: Item, parcelId: number): ReadParcel | { readonly problem: string } {
  try {
    return parcelIn(item, parcelId);
  } catch (error) {
    if (!hasCode(error, 'STORE_REJECTED')) throw error;
    return { problem: error.message };
  }
}

/** The id in a parcel's key, or in that of an index of parcels. */
export function parcelIdIn(key: Item): number {
  return Number(key[parcelKey.name]?.N);
}

export function keyOf(parcelId: number): Item {
  return { [parcelKey.name]: { N: String(parcelId) } };
}

/**
 * The items of these parcels, by consistent reads; at most {@link batchGetKeys}, each id once. Keys that DynamoDB has left
 * unprocessed are asked for again. Rejects when it processes none of them several times in a row.
 */
export async function readParcelItems(
  { dynamodb, deployment, clock, random }: ParcelsReading,
  parcelIds: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Item>> {
  const { parcelsTable } = deployment;
  const items = new Map<number, Item>();
  let keys = parcelIds.map(keyOf);
  for (let fruitless = 0; keys.length > 0; ) {
    const { Responses, UnprocessedKeys } = await dynamodb.send(
      new BatchGetItemCommand({ RequestItems: { [parcelsTable]: { Keys: keys, ConsistentRead: true } } }),
      { abortSignal: signal },
    );
    for (const item of Responses?.[parcelsTable] ?? []) items.set(parcelIdIn(item), item);
    const left = UnprocessedKeys?.[parcelsTable]?.Keys ?? [];
    fruitless = left.length < keys.length ? 0 : fruitless + 1;
    if (fruitless > mostFruitless) {
      throw new WaybillError(
        'CALL_TIMED_OUT',
        `DynamoDB did not process ${left.length} keys of the table ${parcelsTable}, ${fruitless} times in a row: it is throttled`,
      );
    }
    keys = left;
    if (keys.length > 0) await clock.sleep(backoffMs(fruitless, unprocessedBackoff, random), signal);
    signal.throwIfAborted();
  }
  return items;
}
