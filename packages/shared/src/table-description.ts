import type { KeySchemaElement, TableDescription } from '@aws-sdk/client-dynamodb';
import type { IndexDefinition, KeyAttribute, KeyDefinition } from './resources.ts';

/** The attributes of a key, the partition key first. */
export function keyAttributes({ key, sortKey }: KeyDefinition): readonly KeyAttribute[] {
  return sortKey ? [key, sortKey] : [key];
}

/** A key of `resources.ts` in words: `openShard (N), openedAtMs (N)`. */
export function definedKey(definition: KeyDefinition): string {
  return keyAttributes(definition)
    .map(({ name, type }) => `${name} (${type})`)
    .join(', ');
}

/** The key that DynamoDB describes, in the same words; by default the table's own. */
export function foundKey(table: TableDescription, schema: readonly KeySchemaElement[] | undefined = table.KeySchema) {
  const types = new Map(table.AttributeDefinitions?.map((each) => [each.AttributeName, each.AttributeType]));
  return schema?.map(({ AttributeName }) => `${AttributeName} (${types.get(AttributeName)})`).join(', ') ?? 'none';
}

/** Key and projection of an index of `resources.ts` in words: `openShard (N), openedAtMs (N); KEYS_ONLY`. */
export function definedIndex(index: IndexDefinition): string {
  const { projection } = index;
  const held = typeof projection === 'string' ? projection : includes(projection.include);
  return `${definedKey(index)}; ${held}`;
}

/** How the index of a table is: `other` has another key or projection, `found` in the words of {@link definedIndex}. */
export type FoundIndex =
  | { readonly state: 'ready' | 'missing' | 'being created' | 'being deleted' }
  | { readonly state: 'other'; readonly found: string };

/** Finds an index of `resources.ts` in what DynamoDB describes. Only a `ready` one can be read. */
export function findIndex(table: TableDescription, index: IndexDefinition): FoundIndex {
  const described = table.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === index.name);
  if (!described) return { state: 'missing' };
  const { ProjectionType, NonKeyAttributes = [] } = described.Projection ?? {};
  const held = ProjectionType === 'INCLUDE' ? includes(NonKeyAttributes) : ProjectionType;
  const found = `${foundKey(table, described.KeySchema)}; ${held}`;
  if (found !== definedIndex(index)) return { state: 'other', found };
  if (described.IndexStatus === 'CREATING') return { state: 'being created' };
  if (described.IndexStatus === 'DELETING') return { state: 'being deleted' };
  return { state: 'ready' };
}

function includes(attributes: readonly string[]): string {
  return `INCLUDE ${attributes.toSorted().join(', ')}`;
}
