import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** An item as the document client takes it. */
export type PlainItem = Readonly<Record<string, unknown>>;

/** Items of one BatchWriteItem (DynamoDB's limit). */
const together = 25;

/** Batches under way at once: an embedded engine works on one after another. */
const atOnce = 4;

/** Writes items straight into a table: the fastest way to fill one. */
export async function writeItems(
  documents: DynamoDBDocumentClient,
  table: string,
  items: readonly PlainItem[],
): Promise<void> {
  const starts = Array.from({ length: Math.ceil(items.length / together) }, (_, index) => index * together).values();
  const write = async () => {
    for (const start of starts) {
      let left = items.slice(start, start + together).map((Item) => ({ PutRequest: { Item } }));
      while (left.length > 0) {
        const { UnprocessedItems } = await documents.send(new BatchWriteCommand({ RequestItems: { [table]: left } }));
        // Holds: what was not processed is part of what was given.
        left = (UnprocessedItems?.[table] ?? []) as typeof left;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, write));
}
