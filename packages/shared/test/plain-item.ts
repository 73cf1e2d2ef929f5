import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** An item as the document client reads it, as far as it has texts, numbers and bytes. */
export function plainItem(item: Readonly<Record<string, AttributeValue>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(item).map(([name, { S, N, B }]) => [name, S ?? (N === undefined ? B : Number(N))]),
  );
}
