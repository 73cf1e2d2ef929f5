import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { compare, describe, type ExpectedParcel, type StoredParcel } from '@waybill/local/outcome/oracle.ts';
import { readStoredParcels } from '@waybill/local/outcome/stored-parcels.ts';
import { itemBytes as bytesOfItem } from '@waybill/shared/item-size.ts';

/** Attributes that only Waybill writes: its own bookkeeping, and the history, which the feed's parcels here do not have. */
const bookkeeping = ['revision', 'updatedAtUtc', 'openShard', 'openedAtMs', 'history'];

export type CheckedParcels = {
  readonly wrong: number;
  /** Some of the differences, in words. */
  readonly differences: readonly string[];
  readonly largestItemBytes: number;
};

/** Compares a parcels table with the parcels of the feed. */
export async function checkParcels(
  dynamodb: DynamoDBClient,
  table: string,
  expected: ReadonlyMap<number, ExpectedParcel>,
): Promise<CheckedParcels> {
  const stored = await readStoredParcels(dynamodb, table);
  const found = compare(expected, stored).filter(({ attribute = '' }) => !bookkeeping.includes(attribute));
  return {
    wrong: new Set(found.map(({ parcelId }) => parcelId)).size,
    differences: found.slice(0, 5).map(describe),
    largestItemBytes: stored.reduce((largest, item) => Math.max(largest, itemBytes(item)), 0),
  };
}

/** Bytes of an item as DynamoDB counts them. */
export function itemBytes(item: StoredParcel): number {
  return bytesOfItem(Object.fromEntries(Object.entries(item).map(([name, value]) => [name, attributeOf(value)])));
}

function attributeOf(value: unknown): AttributeValue {
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'string') return { S: value };
  // Holds: what is no number or text was left as DynamoDB returned it.
  return value as AttributeValue;
}
