import type { Delivery } from '@waybill/notifier/delivery/delivery.ts';
import type { WriteOutcome } from '@waybill/processor/parcels/write-parcel.ts';
import type { tables } from '@waybill/shared/resources.ts';

const everyOutcome: Readonly<Record<WriteOutcome, true>> = { applied: true, merged: true, redundant: true };

/** Values of `outcome` in `waybill.processor.outcomes`. */
export const outcomes: readonly string[] = Object.keys(everyOutcome);

/**
 * Values of `table` in `waybill.store.write_units`: the tables that the processes of a deployment write. Operations are left
 * out: they are written by what a person does.
 */
export function writtenTables({ api }: { readonly api: boolean }): readonly string[] {
  const written: readonly (keyof typeof tables)[] = ['parcels', 'checkpoints', 'failures'];
  return [...written, ...(api ? [batchesTable] : [])];
}

const batchesTable = 'batches' satisfies keyof typeof tables;

/** The table that is written only when events fail. */
export const failuresTable = 'failures' satisfies keyof typeof tables;

/** Without errors of the stored item, which are rare, and without what only telling on demand has. */
const everydayDelivery: Readonly<Record<Exclude<Delivery['outcome'], 'unreadable' | 'unavailable'>, true>> = {
  notified: true,
  'already-notified': true,
  'not-reached': true,
  'requirements-not-met': true,
  refused: true,
};

/** Values of `outcome` in `waybill.notifier.notifications`, as far as they come every day. */
export const notificationOutcomes: readonly string[] = Object.keys(everydayDelivery);

/** The table that notifiers write, and the API where it tells on demand. */
export const notificationsTable = 'notifications' satisfies keyof typeof tables;
