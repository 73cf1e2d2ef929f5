import { Journal } from '../test/journal.ts';
import { MemoryParcels } from '../test/memory-tables.ts';
import { describeParcelTable } from '../test/parcel-table-suite.ts';

// The double that the other tests stand on has to behave as DynamoDB does.
describeParcelTable(
  'in memory',
  () => {
    const table = new MemoryParcels(new Journal());
    return {
      table,
      put: async (parcel) => void table.parcels.set(parcel.state.parcelId, parcel),
      get: async (parcelId) => table.parcels.get(parcelId),
    };
  },
  2_000,
);
