import { DescribeTableCommand, type DynamoDBClient, type TableDescription } from '@aws-sdk/client-dynamodb';
import { type Clock, type Random, watchedClock } from '../clock.ts';
import { hasCode, WaybillError } from '../error.ts';
import { type IndexKeyUse, indexKeys } from '../index-keys.ts';
import type { TableDefinition } from '../resources.ts';
import { type Backoff, retry } from '../retry.ts';
import { definedIndex, definedKey, findIndex, foundKey } from '../table-description.ts';
import { calmLog } from './calm-log.ts';
import type { LoopWatch } from './health.ts';
import type { Logger } from './logger.ts';

/**
 * Rejects with `TABLE_MISMATCH` when the table does not have the key that `definition` names: every write to it would
 * be rejected as if the event were at fault, and a wrong setting would send the whole feed to the dead-letter queue. The
 * same where an index has a key that our items cannot always satisfy. No retry heals that. Any other rejection is the
 * engine's (unreachable, not allowed, no such table yet), and a retry may.
 *
 * An index of `resources.ts` that is missing is fine. One that cannot be read because its key or projection is another one
 * is logged: it refuses no write.
 */
export async function requireKey(
  dynamodb: DynamoDBClient,
  tableName: string,
  definition: Omit<TableDefinition, 'ttl'>,
  log?: Pick<Logger, 'warn'>,
): Promise<void> {
  const { Table = {} } = await dynamodb.send(new DescribeTableCommand({ TableName: tableName }));
  const expected = definedKey(definition);
  const found = foundKey(Table);
  if (found !== expected) {
    throw new WaybillError(
      'TABLE_MISMATCH',
      `The table ${tableName} has the key ${found}, expected ${expected}: not a ${definition.name} table; check the table name`,
      { details: { tableName, expected, found } },
    );
  }
  requireIndexes(tableName, definition.name, Table);
  for (const index of definition.indexes ?? []) {
    const other = findIndex(Table, index);
    if (other.state !== 'other') continue;
    const differs = { tableName, index: index.name, expected: definedIndex(index), found: other.found };
    log?.warn({ ...differs, reason: 'INDEX_OFF' }, 'an index cannot be used: delete it and create it anew');
  }
}

/** Milliseconds between two attempts while an engine does not answer at start. */
const startBackoff: Backoff = { firstMs: 500, maxMs: 10_000 };

/** Milliseconds without a turn after which a start hangs: each of the few calls of one check has a limit of some 15 s. */
const startSilenceMs = 80_000;

export type StartDependencies = {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly loops: LoopWatch;
};

/**
 * Repeats `check` until the engines answer, and returns its result; undefined once `signal` aborts, whatever the check
 * still waits for. Rejects with `TABLE_MISMATCH`, which no retry heals. A check that hangs fails `/livez`.
 */
export async function untilEnginesAnswer<T>(
  check: () => Promise<T>,
  { clock, random, log, loops }: StartDependencies,
  signal: AbortSignal,
): Promise<T | undefined> {
  const calm = calmLog({ log, clock });
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(new WaybillError('STOPPED', 'stopped during the start'));
  signal.addEventListener('abort', stop);
  try {
    const result = await retry(() => Promise.race([check(), stopped.promise]), {
      clock: watchedClock(clock, loops.watch('start', startSilenceMs)),
      random,
      signal,
      backoff: startBackoff,
      onFailure: (error, _attempt, waitMs) => {
        if (hasCode(error, 'TABLE_MISMATCH')) throw error;
        calm.warn({ err: error, waitMs: Math.round(waitMs) }, 'waiting for DynamoDB and SQS');
      },
    });
    calm.over('waiting for DynamoDB and SQS', 'DynamoDB and SQS respond');
    return result;
  } catch (error) {
    if (signal.aborted && !hasCode(error, 'TABLE_MISMATCH')) return undefined;
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    loops.forget('start');
  }
}

/** An attribute that is not ours is fine: items without it are not in the index. */
function requireIndexes(tableName: string, name: string, table: TableDescription): void {
  const types = new Map(table.AttributeDefinitions?.map((each) => [each.AttributeName, each.AttributeType]));
  const uses: Readonly<Record<string, IndexKeyUse>> = indexKeys[name] ?? {};
  const indexes = [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])];
  for (const { IndexName, KeySchema = [] } of indexes) {
    for (const { AttributeName = '' } of KeySchema) {
      const use = Object.hasOwn(uses, AttributeName) ? uses[AttributeName] : undefined;
      const type = types.get(AttributeName);
      if (use === undefined || use === type) continue;
      const reason = use === 'no key' ? 'may be empty, too long or a set' : `is written as ${use}, not ${type}`;
      throw new WaybillError(
        'TABLE_MISMATCH',
        `The index ${IndexName} of the table ${tableName} has the key ${AttributeName}, which ${reason}: DynamoDB would reject items; delete the index, or key it by an attribute of your own`,
        { details: { tableName, index: IndexName, attribute: AttributeName } },
      );
    }
  }
}
