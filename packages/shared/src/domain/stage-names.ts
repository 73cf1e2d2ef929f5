/** Where a parcel can stand, in one vocabulary for all carriers (docs/stages.md). */
export const stages = [
  'registered',
  'in-transit',
  'out-for-delivery',
  'attempt-failed',
  'available-for-pickup',
  'exception',
  'returning',
  'returned',
  'delivered',
  'cancelled',
] as const;

export type Stage = (typeof stages)[number];
