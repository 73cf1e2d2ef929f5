import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** Bytes of an item that one write unit covers (DynamoDB's documentation, "Read and write operations"). */
export const writeUnitBytes = 1_024;

/** Bytes that DynamoDB bills for each stored item, and each entry of an index, in addition to its content (DynamoDB's documentation, "Item sizes and formats"). */
export const storageOverheadBytes = 100;

/**
 * Bytes of an item as DynamoDB counts them ("Item sizes and formats"): names and texts in UTF-8, numbers one byte per two
 * digits and one more, a set the sum of its elements, bytes as many as they are. Throws for a type that no item of Waybill has.
 */
export function itemBytes(item: Readonly<Record<string, AttributeValue>>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.length;
  if (value.SS !== undefined) return value.SS.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (value.NS !== undefined) return value.NS.reduce((sum, text) => sum + numberBytes(text), 0);
  throw new Error(`the size of a ${Object.keys(value).join()} is not known`);
}

/** Zeros at either end take no space. */
function numberBytes(text: string): number {
  const digits = text.replaceAll(/\D/g, '').replace(/^0+/, '').replace(/0+$/, '');
  return Math.ceil(digits.length / 2) + 1;
}

/** Write units of a write, done or refused: one for each KiB begun of the item before or after it, whichever is larger, and one where there is no item. */
export function writeUnits(bytesBefore: number, bytesAfter: number): number {
  return Math.max(1, Math.ceil(Math.max(bytesBefore, bytesAfter) / writeUnitBytes));
}
