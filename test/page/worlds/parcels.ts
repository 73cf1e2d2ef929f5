import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { merge, type ParcelState, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { storeParcels } from '../../../packages/operations/test/parcels-rig.ts';
import { scan } from '../../../packages/processor/test/processor-rig.ts';
import { ago, days, hours, minutes, momentMs } from './moment.ts';

/** A parcel and for how long it is known, seconds. */
type Known = { readonly state: ParcelState; readonly seenAgo: number };

/** The parcel that a world tells the whole story of: scanned late, failed, announced. */
export const storiedParcelId = 5_002;

/** Its scans: two arrived after scans that were made later. */
const story: readonly (readonly [eventId: number, type: string, statusCode: string, secondsAgo: number])[] = [
  [83_269, 'PICKUP', '', 2 * days + 9 * hours],
  [84_112, 'STATUS', 'ARRIVED_AT_DEPOT', 2 * days + 6 * hours],
  [88_431, 'STATUS', 'DEPARTED_DEPOT', 2 * days + 1 * hours],
  [88_902, 'STATUS', 'SORTED', 2 * days + 3 * hours],
  [97_310, 'STATUS', 'OUT_FOR_DELIVERY', 1 * days + 14 * hours],
  [98_004, 'STATUS', 'CUSTOMER_NOT_AT_HOME', 1 * days + 9 * hours],
  [99_120, 'STATUS', 'CARDED', 1 * days + 10 * hours],
  [109_874, 'STATUS', 'OUT_FOR_DELIVERY', 4 * hours],
  [110_402, 'DELIVERY', 'SIGNED', 52 * minutes],
];

/** Parcels of every stage, some of them stuck. */
export async function fillParcels(dynamodb: DynamoDBClient, table: string): Promise<void> {
  const known = [storied(), ...Array.from({ length: 30 }, (_, index) => ordinary(index))];
  await Promise.all(
    known.map(({ state, seenAgo }) => storeParcels(dynamodb, table, [state], momentMs - seenAgo * 1_000)),
  );
}

/** The state of one parcel with these scans. */
export function parcelOf(scans: readonly ScanEvent[]): ParcelState {
  const [first, ...others] = scans.map(stateOf);
  if (!first) throw new Error('a parcel has a scan');
  return others.reduce(merge, first);
}

function storied(): Known {
  const scans = story.map(([eventId, type, statusCode, secondsAgo]) =>
    scan(eventId, { parcelId: storiedParcelId, type, statusCode, createdDateTimeUtc: ago(secondsAgo) }),
  );
  return { state: parcelOf(scans), seenAgo: 50 * minutes };
}

/** Every third is delivered; the others wait, the first of them for the longest. */
function ordinary(index: number): Known {
  const parcelId = storiedParcelId + 1 + index;
  const seenAgo = (30 - index) * 9 * hours;
  const at = (eventId: number, type: string, statusCode: string, secondsAgo: number) =>
    scan(eventId, { parcelId, type, statusCode, createdDateTimeUtc: ago(secondsAgo) });
  const scans = [at(80_000 + index * 7, 'PICKUP', '', seenAgo + 5 * minutes)];
  if (index % 3 > 0) scans.push(at(90_000 + index * 11, 'STATUS', 'SORTED', seenAgo * 0.8));
  if (index % 3 === 2) scans.push(at(100_000 + index * 13, 'DELIVERY', '', seenAgo * 0.5));
  return { state: parcelOf(scans), seenAgo };
}
