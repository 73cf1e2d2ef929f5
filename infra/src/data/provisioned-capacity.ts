import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Context } from '../context/context.ts';
import { mostUnits } from '../context/data-keys.ts';

/** Units per second: those that a deployment gives, and those between which they follow the load. */
export type Units = { readonly initial: number; readonly min: number; readonly max: number };

/** What a table or an index has for reads and for writes. */
type Capacity = { readonly reads: Units; readonly writes: Units };

/** What a table has, and each of its indexes. */
export type TableCapacity = Capacity & { readonly index: Capacity };

/** Percent of the units that are in use when scaling is content. The rest is for gusts; DynamoDB's own default. */
export const targetUtilization = 70;

/**
 * Write units of the table for an event, and of the index `open-parcels`. Measured: 0.88 to 0.98 of the table (docs/cost.md),
 * and 0.42 of the index, which is written when a parcel is seen first and when it is delivered.
 */
export const unitsPerEvent = { table: 1, index: 0.45 };

/** Read units of the table for an event: processors read next to nothing; each webhook reads what it may have to tell. */
const readsPerEvent = { processors: 0.01, webhook: 0.5 };

/** Read units that are always there, for people: a query of the API takes two, a list of parcels some more. */
const readsForPeople = 10;

/** What the units scale between, as shares of those for the stated load. */
const leastShare = 0.25;
const mostShare = 10;

type Load = Pick<Context, 'capacity' | 'eventsPerSecond' | 'minWriteUnits' | 'maxWriteUnits'> & {
  readonly webhooks: readonly unknown[];
};

/**
 * Units of the parcels table for the load that the context states; undefined for a table that is paid by request. The initial
 * units depend on nothing that changes later: CloudFormation sets them again when they change in the template, and would undo
 * what scaling has done meanwhile (docs/decisions/0191-provisioned-parcels-table.md).
 */
export function parcelsCapacity(context: Load): TableCapacity | undefined {
  const { capacity, eventsPerSecond, minWriteUnits, maxWriteUnits, webhooks } = context;
  if (capacity === 'on-demand' || eventsPerSecond === undefined) return undefined;
  const reads = unitsFor(
    eventsPerSecond * (readsPerEvent.processors + readsPerEvent.webhook * webhooks.length),
    readsForPeople,
  );
  const writes = unitsFor(eventsPerSecond * unitsPerEvent.table);
  const max = Math.max(maxWriteUnits ?? writes.max, minWriteUnits ?? 1);
  const min = Math.min(minWriteUnits ?? writes.min, max);
  return {
    reads,
    writes: { min, max, initial: Math.min(max, Math.max(min, writes.initial)) },
    index: { reads: unitsFor(0, readsForPeople), writes: unitsFor(eventsPerSecond * unitsPerEvent.index) },
  };
}

function unitsFor(unitsPerSecond: number, atLeast = 1): Units {
  const units = (share: number) =>
    Math.min(mostUnits, Math.max(atLeast, Math.ceil((unitsPerSecond * share * 100) / targetUtilization)));
  return {
    initial: units(1),
    min: units(leastShare),
    max: Math.min(mostUnits, Math.max(units(mostShare), mostShare * atLeast)),
  };
}

/** Lets reads and writes of a table, and of its indexes, follow the load. */
export function scaleCapacity(table: Table, capacity: TableCapacity, indexNames: readonly string[]): void {
  const limits = ({ min, max }: Units) => ({ minCapacity: min, maxCapacity: max });
  const tracking = { targetUtilizationPercent: targetUtilization };
  table.autoScaleReadCapacity(limits(capacity.reads)).scaleOnUtilization(tracking);
  table.autoScaleWriteCapacity(limits(capacity.writes)).scaleOnUtilization(tracking);
  for (const name of indexNames) {
    table.autoScaleGlobalSecondaryIndexReadCapacity(name, limits(capacity.index.reads)).scaleOnUtilization(tracking);
    table.autoScaleGlobalSecondaryIndexWriteCapacity(name, limits(capacity.index.writes)).scaleOnUtilization(tracking);
  }
}

/** The units that a deployment gives, as the CDK takes them. */
export function initialCapacity({ reads, writes }: Capacity) {
  return { readCapacity: reads.initial, writeCapacity: writes.initial };
}
