import { merge, type ParcelState, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { itemBytes, storageOverheadBytes } from '@waybill/shared/item-size.ts';
import { openMarks, parcelKey, type WriteFacts, wholeWrite } from '@waybill/shared/parcels/parcel-item.ts';

/** A scan with ids as long as those of a feed after years. */
function scan(eventId: number, type: string, statusCode: string): ScanEvent {
  const createdDateTimeUtc = '2021-05-11T21:11:34.1234567Z';
  return { eventId, parcelId: 123_456_789, type, statusCode, runId: 'NC1001-20210511', createdDateTimeUtc };
}

const journey = [
  scan(987_654_321, 'PICKUP', ''),
  scan(987_654_322, 'STATUS', 'ARRIVED'),
  scan(987_654_323, 'STATUS', 'ON_VEHICLE'),
  scan(987_654_324, 'DELIVERY', 'DELIVERED'),
].map(stateOf);
const delivered = journey.reduce(merge);
const underWay = journey.slice(0, -1).reduce(merge);

/** What one parcel takes depends on it. */
export type KeptParcels = {
  /** `HISTORY_EVENTS` is not 0. */
  readonly history: boolean;
  /** `PARCEL_RETENTION_DAYS`. */
  readonly retentionDays: number;
};

const nowMs = Date.UTC(2021, 4, 11, 21, 11, 36, 123);

/** Bytes of a delivered parcel as DynamoDB bills its storage, with as many entries in its history as a parcel has scans. */
export function parcelItemBytes({ history, retentionDays }: KeptParcels): number {
  const entries = delivered.history;
  const bytesOfEntries = entries.reduce((sum, { text }) => sum + text.length, 0);
  const own = bytesWritten(history ? delivered : { ...delivered, history: [] }, retentionDays);
  return storageOverheadBytes + own + (history ? (eventsPerParcel / entries.length - 1) * bytesOfEntries : 0);
}

/** Bytes of an open parcel's entry in the index `open-parcels`, as DynamoDB bills its storage: keys only. */
export function openEntryBytes(): number {
  const keys = [parcelKey, ...openMarks].map(({ name, value }) => [name, value(underWay, factsOf(0))]);
  return storageOverheadBytes + itemBytes(Object.fromEntries(keys));
}

function bytesWritten(state: ParcelState, retentionDays: number): number {
  const facts = factsOf(retentionDays);
  const attributes = [parcelKey, ...wholeWrite(state, facts).set];
  return itemBytes(Object.fromEntries(attributes.map(({ name, value }) => [name, value(state, facts)])));
}

function factsOf(retentionDays: number): WriteFacts {
  return { historyEvents: 32, retentionDays, nowMs, nowUtc: new Date(nowMs).toISOString(), stored: { revision: 4 } };
}

/** Scans of one parcel in its life: the feed of docs/benchmark.md has 20,000 events of 4,268 parcels. */
export const eventsPerParcel = 20_000 / 4_268;
