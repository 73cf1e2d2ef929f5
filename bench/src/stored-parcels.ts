import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { compare, describe, type ExpectedParcel, type StoredParcel } from '@waybill/local/oracle.ts';
import { readStoredParcels } from '@waybill/local/stored-parcels.ts';

/** Bookkeeping that only Waybill writes. */
const bookkeeping = ['revision', 'updatedAtUtc'];

/** Compares a parcels table with what the feed says. Answers the bytes of its largest item; throws when a parcel differs. */
export async function checkParcels(
  dynamodb: DynamoDBClient,
  table: string,
  expected: ReadonlyMap<number, ExpectedParcel>,
): Promise<number> {
  const stored = await readStoredParcels(dynamodb, table);
  const wrong = compare(expected, stored).filter(({ attribute = '' }) => !bookkeeping.includes(attribute));
  if (wrong.length > 0)
    throw new Error(`${wrong.length} differences from the feed:\n${wrong.slice(0, 10).map(describe).join('\n')}`);
  return Math.max(0, ...stored.map(itemBytes));
}

/** As DynamoDB counts an item of numbers and strings: names and strings in UTF-8, two digits of a number to a byte and one more. */
export function itemBytes(item: StoredParcel): number {
  return Object.entries(item).reduce((sum, [name, value]) => {
    const text = String(value);
    const bytes = typeof value === 'number' ? Math.ceil(text.length / 2) + 1 : Buffer.byteLength(text);
    return sum + Buffer.byteLength(name) + bytes;
  }, 0);
}
