import { setTimeout as delay } from 'node:timers/promises';
import {
  type AttributeDefinition,
  type CreateGlobalSecondaryIndexAction,
  DescribeTableCommand,
  type DynamoDBClient,
  DynamoDBServiceException,
  type KeySchemaElement,
  LimitExceededException,
  type Projection,
  ResourceInUseException,
  type TableDescription,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import type { IndexDefinition, KeyDefinition } from '@waybill/shared/resources.ts';
import { definedIndex, findIndex, keyAttributes } from '@waybill/shared/table-description.ts';
import type { Drift } from './provision-result.ts';

/**
 * Milliseconds between two polls of an index that is being filled, and how many: 10 s in all. Local engines take a second
 * or two; on AWS it takes minutes at least, which nobody should wait for here.
 */
const indexPoll = { everyMs: 200, times: 50 };

/** A key as `CreateTable` takes it. */
export function keySchema(definition: KeyDefinition): KeySchemaElement[] {
  return keyAttributes(definition).map(({ name }, at) => ({
    AttributeName: name,
    KeyType: at === 0 ? 'HASH' : 'RANGE',
  }));
}

/** The types of all attributes of these keys, each attribute once. */
export function attributeTypes(definitions: readonly KeyDefinition[]): AttributeDefinition[] {
  const types = new Map(definitions.flatMap(keyAttributes).map(({ name, type }) => [name, type]));
  return [...types].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));
}

/** An index as `CreateTable` and `UpdateTable` take it. */
export function indexToCreate(index: IndexDefinition): CreateGlobalSecondaryIndexAction {
  return { IndexName: index.name, KeySchema: keySchema(index), Projection: projectionOf(index) };
}

function projectionOf({ projection }: IndexDefinition): Projection {
  if (typeof projection === 'string') return { ProjectionType: projection };
  return { ProjectionType: 'INCLUDE', NonKeyAttributes: [...projection.include] };
}

export type TableIndexes = {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly tableKey: KeyDefinition;
  /** The indexes that the table must have. */
  readonly wanted: readonly IndexDefinition[];
  /** Those that it may have: if they are there, they must be as defined. */
  readonly known: readonly IndexDefinition[];
  readonly signal: AbortSignal;
};

/** Compares the indexes of an existing table. Others than the known ones are not Waybill's, and no drift. */
export async function compareIndexes(deps: TableIndexes, table: TableDescription): Promise<Drift[]> {
  const drift: Drift[] = [];
  for (const index of deps.known) {
    const found = findIndex(table, index);
    const [setting, expected] = [`index ${index.name}`, definedIndex(index)];
    if (found.state === 'being created') {
      const advice = 'DynamoDB is filling it: wait, then run this again';
      drift.push({ setting, expected, found: found.state, advice });
    } else if (found.state === 'being deleted') {
      const advice = 'wait until it is gone, then run this again';
      drift.push({ setting, expected, found: found.state, advice });
    } else if (found.state === 'other') {
      const advice = 'delete this index; then --fix creates it';
      drift.push({ setting, expected, found: found.found, advice });
    } else if (found.state === 'missing' && deps.wanted.includes(index)) {
      drift.push({ setting, expected, found: 'none', ...(await remedy(deps, index)) });
    }
  }
  return drift;
}

async function remedy(deps: TableIndexes, index: IndexDefinition): Promise<Pick<Drift, 'fix' | 'advice'>> {
  if (await canAddIndexes(deps, index)) return { fix: () => addIndex(deps, index) };
  return { advice: 'this engine creates indexes with a table only: use --prefix' };
}

/**
 * Adding the index to a table that does not exist tells, and changes nothing. dynalite lacks the operation: it refuses an
 * index without a throughput, and does nothing for one with it.
 */
async function canAddIndexes(deps: TableIndexes, index: IndexDefinition): Promise<boolean> {
  try {
    await requestIndex({ ...deps, tableName: `${deps.tableName}.not-there` }, index);
    return true;
  } catch (cause) {
    deps.signal.throwIfAborted();
    // Any other answer (no such table, not allowed) comes after the request was understood.
    return !(cause instanceof DynamoDBServiceException && /^(Validation|UnknownOperation)Exception$/.test(cause.name));
  }
}

/**
 * Adds the index, and waits for some seconds until it is filled. DynamoDB fills it while the table is in use, as long as
 * that takes; the next comparison says when it is not ready. DynamoDB adds one index at a time: when another one is being
 * added, this one stays missing.
 */
async function addIndex(deps: TableIndexes, index: IndexDefinition): Promise<void> {
  const { dynamodb, tableName: TableName, signal } = deps;
  try {
    await requestIndex(deps, index);
  } catch (cause) {
    if (cause instanceof LimitExceededException || cause instanceof ResourceInUseException) return;
    throw cause;
  }
  for (let poll = 0; poll < indexPoll.times; poll++) {
    // DynamoDB shows a new index with a delay.
    const table = await describe(dynamodb, TableName, signal);
    if (table && findIndex(table, index).state === 'ready') return;
    await delay(indexPoll.everyMs, undefined, { signal });
  }
}

/** Undefined where the engine fails: DynamoDB Local answers with an internal failure for a second when an index is added. */
async function describe(
  dynamodb: DynamoDBClient,
  TableName: string,
  signal: AbortSignal,
): Promise<TableDescription | undefined> {
  try {
    return (await dynamodb.send(new DescribeTableCommand({ TableName }), { abortSignal: signal })).Table;
  } catch (cause) {
    if (cause instanceof DynamoDBServiceException && cause.$fault === 'server') return undefined;
    throw cause;
  }
}

async function requestIndex(deps: TableIndexes, index: IndexDefinition): Promise<void> {
  const { dynamodb, tableName: TableName, tableKey, signal: abortSignal } = deps;
  const AttributeDefinitions = attributeTypes([tableKey, index]);
  const GlobalSecondaryIndexUpdates = [{ Create: indexToCreate(index) }];
  const request = new UpdateTableCommand({ TableName, AttributeDefinitions, GlobalSecondaryIndexUpdates });
  await dynamodb.send(request, { abortSignal });
}
