import { type AttributeValue, BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock, Random } from './clock.ts';
import { counted } from './counted.ts';
import { WaybillError } from './error.ts';
import { backoffMs } from './retry.ts';

/** What is needed to ask again for what DynamoDB has left out. */
export type BatchReading = { readonly dynamodb: DynamoDBClient; readonly clock: Clock; readonly random: Random };

/** A key or an item, in the form of DynamoDB's own API. */
type Item = Record<string, AttributeValue>;

/** Most keys of one BatchGetItem (DynamoDB's limit). */
export const batchGetKeys = 100;

/** Before keys that DynamoDB has not processed are asked for again. */
const unprocessedBackoff = { firstMs: 50, maxMs: 2_000 };

/** How often in a row DynamoDB may process none of the keys: some 10 s. */
const mostFruitless = 10;

/**
 * The items with these keys that are there, in no order, by consistent reads: at most {@link batchGetKeys}, each key once. Keys
 * that DynamoDB has left unprocessed are asked for again. Rejects when it processes none of them several times in a row.
 */
export async function batchGet(
  { dynamodb, clock, random }: BatchReading,
  tableName: string,
  wanted: readonly Item[],
  signal: AbortSignal,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let keys = [...wanted];
  for (let fruitless = 0; keys.length > 0; ) {
    const { Responses, UnprocessedKeys } = await dynamodb.send(
      new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: keys, ConsistentRead: true } } }),
      { abortSignal: signal },
    );
    items.push(...(Responses?.[tableName] ?? []));
    const left = UnprocessedKeys?.[tableName]?.Keys ?? [];
    fruitless = left.length < keys.length ? 0 : fruitless + 1;
    if (fruitless > mostFruitless) {
      throw new WaybillError(
        'CALL_TIMED_OUT',
        `DynamoDB did not process ${counted(left.length, 'key')} of the table ${tableName}, ${fruitless} times in a row: it is throttled`,
      );
    }
    keys = left;
    if (keys.length > 0) await clock.sleep(backoffMs(fruitless, unprocessedBackoff, random), signal);
    signal.throwIfAborted();
  }
  return items;
}
