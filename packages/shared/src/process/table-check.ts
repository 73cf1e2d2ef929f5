import { DescribeTableCommand, type DynamoDBClient, type TableDescription } from '@aws-sdk/client-dynamodb';
import { WaybillError } from '../error.ts';
import type { TableDefinition } from '../resources.ts';

/**
 * Refuses a table whose key is not the one that `definition` names: every write to it would be rejected as if the event
 * were at fault, and a wrong setting would turn the whole feed into poison. Rejects with `TABLE_MISMATCH` then, which
 * no retry heals; any other rejection is the engine's (away, not allowed, no such table yet) and may.
 */
export async function requireKey(
  dynamodb: DynamoDBClient,
  tableName: string,
  definition: Pick<TableDefinition, 'name' | 'key'>,
): Promise<void> {
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: tableName }));
  const expected = `${definition.key.name} (${definition.key.type})`;
  const found = keyOf(Table ?? {});
  if (found === expected) return;
  throw new WaybillError(
    'TABLE_MISMATCH',
    `The table ${tableName} has the key ${found}, expected ${expected}: it is no table like ${definition.name}; name another one`,
    { details: { tableName, expected, found } },
  );
}

function keyOf(table: TableDescription): string {
  const types = new Map(table.AttributeDefinitions?.map((each) => [each.AttributeName, each.AttributeType]));
  const keys = table.KeySchema?.map(({ AttributeName }) => `${AttributeName} (${types.get(AttributeName)})`);
  return keys?.join(', ') ?? 'none';
}
