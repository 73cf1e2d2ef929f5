import type { GlobalSecondaryIndexDescription, TableDescription } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { indexKeys } from './index-keys.ts';
import { type IndexDefinition, indexesOf, openParcelsIndex, type TableDefinition, tables } from './resources.ts';
import { definedIndex, definedKey, findIndex, foundKey, keyAttributes } from './table-description.ts';

/** The parcels table as DynamoDB describes it, with one index. */
function described(index: Partial<GlobalSecondaryIndexDescription> = {}, types: Record<string, 'N' | 'S'> = {}) {
  const table: TableDescription = {
    KeySchema: [{ AttributeName: 'parcelId', KeyType: 'HASH' }],
    AttributeDefinitions: Object.entries({ parcelId: 'N', openShard: 'N', openedAtMs: 'N', ...types } as const).map(
      ([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }),
    ),
    GlobalSecondaryIndexes: [
      {
        IndexName: 'open-parcels',
        KeySchema: [
          { AttributeName: 'openShard', KeyType: 'HASH' },
          { AttributeName: 'openedAtMs', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
        IndexStatus: 'ACTIVE',
        ...index,
      },
    ],
  };
  return table;
}

describe('an index that DynamoDB describes', () => {
  test('is ready when key and projection are as defined', () => {
    expect(findIndex(described(), openParcelsIndex)).toEqual({ state: 'ready' });
    expect(findIndex(described({ IndexStatus: 'UPDATING' }), openParcelsIndex)).toEqual({ state: 'ready' });
  });

  test('may be missing, or not there yet or any more', () => {
    expect(findIndex(described({ IndexName: 'other' }), openParcelsIndex)).toEqual({ state: 'missing' });
    expect(findIndex({}, openParcelsIndex)).toEqual({ state: 'missing' });
    expect(findIndex(described({ IndexStatus: 'CREATING' }), openParcelsIndex)).toEqual({ state: 'being created' });
    expect(findIndex(described({ IndexStatus: 'DELETING' }), openParcelsIndex)).toEqual({ state: 'being deleted' });
  });

  test.each<[string, TableDescription, string]>([
    [
      'no sort key',
      described({ KeySchema: [{ AttributeName: 'openShard', KeyType: 'HASH' }] }),
      'openShard (N); KEYS_ONLY',
    ],
    ['another type', described({}, { openShard: 'S' }), 'openShard (S), openedAtMs (N); KEYS_ONLY'],
    ['more', described({ Projection: { ProjectionType: 'ALL' } }), 'openShard (N), openedAtMs (N); ALL'],
    [
      'some attributes',
      described({ Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['b', 'a'] } }),
      'openShard (N), openedAtMs (N); INCLUDE a, b',
    ],
    [
      'another key while it is created',
      described({ KeySchema: [{ AttributeName: 'openedAtMs', KeyType: 'HASH' }], IndexStatus: 'CREATING' }),
      'openedAtMs (N); KEYS_ONLY',
    ],
  ])('is another one with %s', (_, table, found) => {
    expect(findIndex(table, openParcelsIndex)).toEqual({ state: 'other', found });
  });

  test('holds the attributes that are defined, in whatever order', () => {
    const index: IndexDefinition = { ...openParcelsIndex, projection: { include: ['runId', 'type'] } };
    expect(definedIndex(index)).toBe('openShard (N), openedAtMs (N); INCLUDE runId, type');
    expect(
      findIndex(described({ Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['type', 'runId'] } }), index),
    ).toEqual({ state: 'ready' });
  });
});

test('a key has the same words whether it is defined or found', () => {
  expect([definedKey(tables.parcels), foundKey(described())]).toEqual(['parcelId (N)', 'parcelId (N)']);
  expect(foundKey({})).toBe('none');
});

describe('the indexes of resources.ts', () => {
  const definitions: readonly TableDefinition[] = Object.values(tables);

  test('have keys that every item of ours can satisfy, so that no write is refused for them', () => {
    const keys = definitions.flatMap(({ name, indexes = [] }) =>
      indexes.flatMap((index) => keyAttributes(index).map((key) => ({ use: indexKeys[name]?.[key.name], ...key }))),
    );
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter(({ use, type }) => use !== type)).toEqual([]);
  });

  test('are there as the settings say; the one of open parcels only where it is asked for', () => {
    const names = (openIndex: boolean) => indexesOf(tables.parcels, { openIndex }).map(({ name }) => name);
    expect([names(true), names(false)]).toEqual([['open-parcels'], []]);
    expect(indexesOf(tables.checkpoints, { openIndex: true })).toEqual([]);
    const always: TableDefinition = {
      ...tables.checkpoints,
      indexes: [{ name: 'always', key: tables.checkpoints.key, projection: 'ALL' }],
    };
    expect(indexesOf(always, { openIndex: false })).toEqual(always.indexes);
  });
});
