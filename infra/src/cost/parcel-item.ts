import { milestoneNames } from '@waybill/shared/domain/parcel-state.ts';

/** A delivered parcel as the parcels table holds it, with ids of the length that a feed has after years. */
const delivered = {
  parcelId: 123_456_789,
  lastEventId: 987_654_321,
  type: 'DELIVERY',
  statusCode: 'DELIVERED',
  runId: 'NC1001-20210511',
  createdDateTimeUtc: '2021-05-11T21:11:34.1234567Z',
  ...Object.fromEntries(milestoneNames.map((name) => [`${name}TimeUtc`, '2021-05-11T21:11:34.1234567Z'])),
  ...Object.fromEntries(milestoneNames.map((name) => [`${name}EventId`, 987_654_321])),
  revision: 5,
  updatedAtUtc: '2021-05-11T21:11:36.123Z',
};

/** Bytes that DynamoDB bills for each item on top of its content (DynamoDB pricing, "Data storage"). */
const overheadBytes = 100;

/** Bytes of one parcel as DynamoDB counts them: names and text by their UTF-8, numbers by two digits a byte and one more. */
export function parcelItemBytes(): number {
  return Object.entries(delivered).reduce(
    (sum, [name, value]) =>
      sum + name.length + (typeof value === 'number' ? Math.ceil(String(value).length / 2) + 1 : value.length),
    overheadBytes,
  );
}

/** Scans of one parcel, over its life: 20,000 events of 4,268 parcels in the feed of docs/benchmark.md. */
export const eventsAParcel = 20_000 / 4_268;
