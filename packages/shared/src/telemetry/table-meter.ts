import {
  type BatchStatementRequest,
  type BatchStatementResponse,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-dynamodb';
import type { Metrics } from '../metrics.ts';
import { isThrottling, isThrottlingCode } from '../throttling.ts';

export type TableMeter = {
  readonly metrics: Pick<
    Metrics,
    | 'waybill.store.writes'
    | 'waybill.store.statements'
    | 'waybill.store.write_units'
    | 'waybill.store.read_units'
    | 'waybill.store.throttles'
  >;
  /** What each table holds, by its name. */
  readonly tables: Readonly<Record<string, string>>;
  readonly statements?: StatementMeter;
};

/** Batches of statements name their table in their texts, and some engines do not report what they consume. */
export type StatementMeter = {
  /** What their table holds. */
  readonly table: string;
  /** Write units of a batch that the engine did not report. */
  readonly unitsSpent: (
    statements: readonly BatchStatementRequest[],
    responses: readonly BatchStatementResponse[],
  ) => number;
};

/** What each command does that the processes send and that consumes capacity. One without a row is not counted. */
const metered: Readonly<Record<string, 'reads' | 'writes'>> = {
  GetItemCommand: 'reads',
  BatchGetItemCommand: 'reads',
  QueryCommand: 'reads',
  ScanCommand: 'reads',
  PutItemCommand: 'writes',
  UpdateItemCommand: 'writes',
  DeleteItemCommand: 'writes',
  BatchExecuteStatementCommand: 'writes',
};

/**
 * Counts every request of this client and the capacity that it consumed, where all of them pass: no adapter counts. A
 * command with `ReturnConsumedCapacity: 'NONE'` only asks what the engine takes, and is not counted.
 */
export function meterTables(dynamodb: DynamoDBClient, { metrics, tables, statements }: TableMeter): void {
  const tableOf = (input: ServiceInputTypes): string => {
    if ('Statements' in input) return statements?.table ?? other;
    // Each reads one table: many keys of it.
    if ('RequestItems' in input) return tables[Object.keys(input.RequestItems ?? {})[0] ?? ''] ?? other;
    return ('TableName' in input && tables[input.TableName ?? '']) || other;
  };
  const unreportedUnits = (input: ServiceInputTypes, output: ServiceOutputTypes): number => {
    if (!statements || !('Statements' in input && 'Responses' in output && Array.isArray(output.Responses))) return 0;
    return statements.unitsSpent(input.Statements ?? [], output.Responses);
  };
  dynamodb.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const { input } = args;
        const does = metered[commandName];
        const isQuestion = 'ReturnConsumedCapacity' in input && input.ReturnConsumedCapacity === 'NONE';
        if (!does || isQuestion) return await next(args);
        const attributes = { table: tableOf(input) };
        if (does === 'writes') metrics['waybill.store.writes'].add(1, attributes);
        if ('Statements' in input) metrics['waybill.store.statements'].add(input.Statements?.length ?? 0);
        const units = metrics[does === 'writes' ? 'waybill.store.write_units' : 'waybill.store.read_units'];
        try {
          const answer = await next({ ...args, input: { ...input, ReturnConsumedCapacity: 'TOTAL' } });
          units.add(reportedUnits(answer.output) ?? unreportedUnits(input, answer.output), attributes);
          return answer;
        } catch (error) {
          /*
           * Such a write is billed by the item's size (developer guide, "Working with items: condition expressions"), which
           * its answer does not tell; a parcel is far below the KiB that a unit covers.
           */
          if (error instanceof ConditionalCheckFailedException) units.add(1, attributes);
          throw error;
        }
      },
    { step: 'initialize', name: 'meterTables' },
  );
  dynamodb.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        if (!metered[commandName]) return await next(args);
        const count = (refused: number) =>
          metrics['waybill.store.throttles'].add(refused, { table: tableOf(args.input) });
        try {
          const answer = await next(args);
          const refused = throttledParts(answer.output);
          if (refused > 0) count(refused);
          return answer;
        } catch (error) {
          if (isThrottling(error)) count(1);
          throw error;
        }
      },
    // Within the SDK's retries, which hide what a second attempt heals.
    { step: 'finalizeRequest', priority: 'low', name: 'meterThrottles' },
  );
}

/**
 * What was refused of a request that was answered: statements one by one, the keys of one table together. (Keys can also be
 * left out of an answer of 16 MB. A hundred items of Waybill's are far below that.)
 */
function throttledParts(output: ServiceOutputTypes): number {
  if ('UnprocessedKeys' in output) return Object.keys(output.UnprocessedKeys ?? {}).length;
  if (!('Responses' in output) || !Array.isArray(output.Responses)) return 0;
  const responses: readonly BatchStatementResponse[] = output.Responses;
  return responses.filter(({ Error: failure }) => failure !== undefined && isThrottlingCode(failure.Code)).length;
}

/** Label of a table without a name in {@link TableMeter.tables}. */
const other = 'other';

/** Undefined where the engine reports nothing. */
function reportedUnits(output: ServiceOutputTypes): number | undefined {
  if (!('ConsumedCapacity' in output) || output.ConsumedCapacity === undefined) return undefined;
  const reported = [output.ConsumedCapacity].flat();
  if (reported.length === 0) return undefined;
  return reported.reduce((sum, each) => sum + ('CapacityUnits' in each ? (each.CapacityUnits ?? 0) : 0), 0);
}
