import { milestoneNames } from '@waybill/shared/domain/milestones.ts';

/** A delivered parcel as the parcels table holds it, with ids as long as those of a feed after years. */
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

/** Bytes that DynamoDB bills for each item in addition to its content (DynamoDB pricing, "Data storage"). */
const overheadBytes = 100;

/** Bytes of one parcel as DynamoDB counts them: names and texts in UTF-8; numbers one byte per two digits, and one more. */
export function parcelItemBytes(): number {
  return Object.entries(delivered).reduce(
    (sum, [name, value]) =>
      sum + name.length + (typeof value === 'number' ? Math.ceil(String(value).length / 2) + 1 : value.length),
    overheadBytes,
  );
}

/** Scans of one parcel in its life: the feed of docs/benchmark.md has 20,000 events of 4,268 parcels. */
export const eventsPerParcel = 20_000 / 4_268;
