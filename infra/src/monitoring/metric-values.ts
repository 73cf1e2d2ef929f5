import type { WriteOutcome } from '@waybill/processor/parcels/write-parcel.ts';
import type { tables } from '@waybill/shared/resources.ts';

const everyOutcome: Readonly<Record<WriteOutcome, true>> = { applied: true, merged: true, redundant: true };

/** Values of `outcome` in `waybill.processor.outcomes`. */
export const outcomes: readonly string[] = Object.keys(everyOutcome);

/** Values of `table` in `waybill.store.write_units`: the tables that a process writes. What operators do is not metered. */
export const writtenTables: readonly string[] = [
  'parcels',
  'checkpoints',
  'failures',
] satisfies (keyof typeof tables)[];

/** The table that is written only when events fail. */
export const failuresTable = 'failures' satisfies keyof typeof tables;
