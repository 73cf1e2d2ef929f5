import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Metrics } from '../metrics.ts';

/*
 * What a client consumes beside what its callers count with their work: reads, and writes whose condition failed. They
 * are made in many places, start and readiness included, so they are counted where all of them pass.
 */

export type TableMeter = {
  readonly metrics: Pick<Metrics, 'waybill.store.read_units' | 'waybill.store.write_units'>;
  /** What each table holds, by its name. */
  readonly tables: Readonly<Record<string, string>>;
};

/**
 * Counts read units as DynamoDB reports them, and a write unit for each single write whose condition failed: it is
 * billed by the item's size (developer guide, "Working with items: condition expressions"), which its answer does not
 * tell; a parcel is far below the KiB that a unit covers.
 */
export function meterTables(dynamodb: DynamoDBClient, { metrics, tables }: TableMeter): void {
  dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const table = ('TableName' in args.input && tables[args.input.TableName ?? '']) || 'other';
        if (commandName === 'GetItemCommand') {
          const answer = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
          metrics['waybill.store.read_units'].add(unitsOf(answer.output), { table });
          return answer;
        }
        try {
          return await next(args);
        } catch (error) {
          if (error instanceof ConditionalCheckFailedException) metrics['waybill.store.write_units'].add(1, { table });
          throw error;
        }
      },
    { step: 'initialize', name: 'meterTables' },
  );
}

function unitsOf(output: object): number {
  if (!('ConsumedCapacity' in output)) return 0;
  const { ConsumedCapacity: consumed } = output;
  if (typeof consumed !== 'object' || consumed === null || !('CapacityUnits' in consumed)) return 0;
  return Number(consumed.CapacityUnits);
}
