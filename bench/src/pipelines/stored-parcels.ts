import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { compare, describe, type ExpectedParcel, type StoredParcel } from '@waybill/local/outcome/oracle.ts';
import { readStoredParcels } from '@waybill/local/outcome/stored-parcels.ts';

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

/** Bytes of an item of numbers and strings as DynamoDB counts them: names and strings in UTF-8; numbers one byte per two digits, and one more. */
export function itemBytes(item: StoredParcel): number {
  return Object.entries(item).reduce((sum, [name, value]) => {
    const text = String(value);
    const bytes = typeof value === 'number' ? Math.ceil(text.length / 2) + 1 : Buffer.byteLength(text);
    return sum + Buffer.byteLength(name) + bytes;
  }, 0);
}
