import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Milestone, ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import { tables } from '@waybill/shared/resources.ts';
import { z } from 'zod';
import type { StoredParcel } from './parcel-table.ts';

/** An item as DynamoDB's own API has it: what both writers of the parcels table share. */
export type Item = Record<string, AttributeValue>;

export type MilestoneName = 'pickup' | 'delivery';

export function keyOf(state: ParcelState): Item {
  return { [tables.parcels.key.name]: { N: String(state.parcelId) } };
}

/** Makes something for each combination of milestones once, and answers which is a state's. */
export function forEachMilestones<T>(make: (milestones: readonly MilestoneName[]) => T): (state: ParcelState) => T {
  const none = make([]);
  const picked = make(['pickup']);
  const delivered = make(['delivery']);
  const both = make(['pickup', 'delivery']);
  return ({ pickup, delivery }) => (pickup ? (delivery ? both : picked) : delivery ? delivered : none);
}

const unreadable = 'unreadable';

const number = z.object({ N: z.string() }).transform(({ N }) => Number(N));
const string = z.object({ S: z.string() }).transform(({ S }) => S);
const storedItem = z.object({
  lastEventId: number,
  type: string,
  statusCode: string,
  runId: string,
  createdDateTimeUtc: string,
  pickupEventId: number.optional(),
  pickupTimeUtc: string.optional(),
  deliveryEventId: number.optional(),
  deliveryTimeUtc: string.optional(),
  revision: number,
});

/** Rejects an item that is no parcel as the item's fault: no retry would cure it. {@link isStoredUnreadable} tells it from a rejected change. */
export function storedParcel(item: Item, parcelId: number): StoredParcel {
  const parsed = storedItem.safeParse(item);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new WaybillError(
      'STORE_REJECTED',
      `what is stored of parcel ${parcelId} is no parcel: ${issue?.path.join('.')} ${issue?.message}`,
      { details: { parcelId, stored: unreadable } },
    );
  }
  const { lastEventId: eventId, type, statusCode, runId, createdDateTimeUtc, revision } = parsed.data;
  const pickup = milestone(parsed.data.pickupEventId, parsed.data.pickupTimeUtc);
  const delivery = milestone(parsed.data.deliveryEventId, parsed.data.deliveryTimeUtc);
  const latest = { eventId, type, statusCode, runId, createdDateTimeUtc };
  return { state: { parcelId, latest, ...(pickup && { pickup }), ...(delivery && { delivery }) }, revision };
}

/** Whether the parcel was rejected for what is stored of it, and not for what a write brings. */
export function isStoredUnreadable(error: unknown): boolean {
  return hasCode(error, 'STORE_REJECTED') && error.details['stored'] === unreadable;
}

function milestone(eventId: number | undefined, timeUtc: string | undefined): Milestone | undefined {
  return eventId === undefined || timeUtc === undefined ? undefined : { eventId, timeUtc };
}
