import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Milestone } from '@waybill/shared/domain/milestones.ts';
import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { type Item, nothingStored, parcelKey, wholeWrite } from '@waybill/shared/parcels/parcel-item.ts';

/** Scans of each parcel. */
const scansEach = 8;
/** Items of one BatchWriteItem (DynamoDB's limit). */
const batchItems = 25;
const nowMs = Date.UTC(2026, 0, 1);
const facts = {
  ...{ historyEvents: 32, retentionDays: 0, nowMs },
  ...{ nowUtc: new Date(nowMs).toISOString(), stored: nothingStored },
};

/** Stores parcels 1 to `count` as the processor would, with a pickup, some scans and their history; the last is `lastType`. */
export async function storeParcels(
  dynamodb: DynamoDBClient,
  table: string,
  count: number,
  lastType: 'STATUS' | 'DELIVERY' = 'STATUS',
): Promise<void> {
  for (let first = 1; first <= count; first += batchItems) {
    const ids = Array.from({ length: Math.min(batchItems, count - first + 1) }, (_, index) => first + index);
    const requests = ids.map((parcelId) => ({ PutRequest: { Item: itemOf(parcelId, lastType) } }));
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
  }
}

function itemOf(parcelId: number, lastType: string): Item {
  const state = Array.from({ length: scansEach }, (_, index) =>
    stateOf(scan(parcelId, index, index === scansEach - 1 ? lastType : 'STATUS')),
  ).reduce(merge);
  const { set } = wholeWrite(state, facts);
  return Object.fromEntries([parcelKey, ...set].map(({ name, value }) => [name, value(state, facts)]));
}

/** @param later the type of every scan but the first, which is the pickup */
function scan(parcelId: number, index: number, later: string): ScanEvent {
  return {
    eventId: parcelId * scansEach + index,
    parcelId,
    type: index === 0 ? 'PICKUP' : later,
    createdDateTimeUtc: `2021-05-11T21:1${index}:34.1506147Z`,
    statusCode: index === 0 ? '' : 'ARRIVED',
    runId: '100',
  };
}

/** The delivery of a parcel that {@link storeParcels} stored as delivered. */
export function deliveryOf(parcelId: number): Milestone {
  const { eventId, createdDateTimeUtc } = scan(parcelId, scansEach - 1, 'DELIVERY');
  return { eventId, timeUtc: createdDateTimeUtc };
}
