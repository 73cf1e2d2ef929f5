import type { ParcelTableSettings } from '@waybill/shared/parcels/parcel-item.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { Journal } from '../../../consumer/test/journal.ts';
import { MemoryParcels } from '../../test/memory-parcels.ts';
import { describeParcelTable } from '../../test/parcel-table-suite.ts';
import { batchedParcelTable } from './batched/batched-parcel-table.ts';

// The doubles that the other tests stand on have to behave as DynamoDB does.
const inMemory = (tableOf: (parcels: MemoryParcels) => ParcelTable) => (kept: ParcelTableSettings) => {
  const parcels = new MemoryParcels(new Journal());
  parcels.historyEvents = kept.historyEvents;
  return {
    table: tableOf(parcels),
    put: async (parcel: Parameters<typeof parcels.parcels.set>[1]) =>
      void parcels.parcels.set(parcel.state.parcelId, parcel),
    get: async (parcelId: number) => parcels.parcels.get(parcelId),
  };
};

describeParcelTable(
  'in memory',
  inMemory((parcels) => parcels),
  2_000,
);

const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);

describeParcelTable(
  'in memory, in batches',
  inMemory((parcels) =>
    batchedParcelTable({ execute: parcels.execute, single: parcels, writeConcurrency: 64, metrics }),
  ),
  2_000,
);
