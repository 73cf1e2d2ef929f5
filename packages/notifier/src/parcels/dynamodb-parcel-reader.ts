import type { BatchReading } from '@waybill/shared/batch-get.ts';
import { parcelOrProblem, readParcelItems } from '@waybill/shared/parcels/read-parcels.ts';
import type { ParcelReader } from './parcel-reader.ts';

/** Reads parcels from DynamoDB. `signal`: ends the wait before what DynamoDB left out is asked for again. */
export function dynamoDbParcelReader({
  tableName,
  signal,
  ...reading
}: BatchReading & { readonly tableName: string; readonly signal: AbortSignal }): ParcelReader {
  return {
    get: async (parcelIds) => {
      const items = await readParcelItems(reading, tableName, parcelIds, signal);
      return new Map([...items].map(([parcelId, item]) => [parcelId, parcelOrProblem(item, parcelId)]));
    },
  };
}
