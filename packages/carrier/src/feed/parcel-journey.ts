import type { Random } from './random.ts';

/** A scan that a parcel will get, in the order of its event ids. */
export type PlannedScan = 'PICKUP' | 'STATUS' | 'DELIVERY' | 'UNKNOWN';

/** A parcel on its way: what it is, and the scans still to come. */
export type Journey = {
  readonly parcelId: number;
  readonly carrierId: string;
  readonly runId: string;
  readonly ahead: PlannedScan[];
};

/** Shares of parcels whose journey is not the plain PICKUP, some STATUS, DELIVERY. As rare as a carrier's mistakes. */
const oddities = {
  latePickup: 0.04,
  pickupTwice: 0.03,
  noPickup: 0.01,
  deliveryTwice: 0.03,
  noDelivery: 0.02,
  unknownScan: 0.04,
  /** Parcel ids as high as JavaScript can count exactly. */
  hugeId: 0.001,
};

const carriers = ['NC', 'PH', 'CP', 'NW'] as const;

/** STATUS scans of the shortest journey; the longest has six more. With pickup and delivery that makes about six scans. */
export const fewestStatuses = 1;

/** Sends the `count`-th parcel (from 0) on its way. */
export function newJourney(count: number, random: Random, fewest = fewestStatuses): Journey {
  const statuses: PlannedScan[] = Array.from({ length: fewest + random.below(7) }, () => 'STATUS');
  if (random.chance(oddities.unknownScan)) statuses[random.below(statuses.length)] = 'UNKNOWN';
  const ahead = [...statuses];
  // A late PICKUP was scanned first and reported after other scans, so that it bears a higher event id than they do.
  if (!random.chance(oddities.noPickup))
    ahead.splice(random.chance(oddities.latePickup) ? 1 + random.below(2) : 0, 0, 'PICKUP');
  if (random.chance(oddities.pickupTwice)) ahead.splice(2, 0, 'PICKUP');
  if (!random.chance(oddities.noDelivery)) ahead.push('DELIVERY');
  if (random.chance(oddities.deliveryTwice)) ahead.push('DELIVERY');
  return {
    // The huge ones count down and the ordinary ones up, so that no two parcels share an id.
    parcelId: random.chance(oddities.hugeId) ? Number.MAX_SAFE_INTEGER - count : 5_002 + 3 * count,
    carrierId: random.pick(carriers),
    runId: String(100 + random.below(900)),
    ahead,
  };
}
