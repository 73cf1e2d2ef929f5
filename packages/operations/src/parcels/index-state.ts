import { DescribeTableCommand, type DynamoDBClient, type TableDescription } from '@aws-sdk/client-dynamodb';
import type { IndexDefinition } from '@waybill/shared/resources.ts';
import { findIndex } from '@waybill/shared/table-description.ts';

/** How the table is described. Rejects with the engine's error. */
export async function describeTable(
  dynamodb: DynamoDBClient,
  tableName: string,
  signal: AbortSignal,
): Promise<TableDescription> {
  const { Table = {} } = await dynamodb.send(new DescribeTableCommand({ TableName: tableName }), {
    abortSignal: signal,
  });
  return Table;
}

/** Undefined where the index can be read; else why not, as the end of a sentence: `has no index open-parcels`. */
export function whyIndexIsOff(table: TableDescription, index: IndexDefinition): string | undefined {
  const { state } = findIndex(table, index);
  switch (state) {
    case 'ready':
      return undefined;
    case 'missing':
      return `has no index ${index.name}`;
    case 'other':
      return `has an index ${index.name} with another key or projection`;
    case 'being created':
    case 'being deleted':
      return `has an index ${index.name} that is ${state}`;
  }
}
