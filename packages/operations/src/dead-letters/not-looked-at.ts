import type { Walk } from './walk.ts';

/** What a walk did not see, a sentence each. */
export function notLookedAt({ lookedAt, isAll, inFlightElsewhere, notHandedBack }: Walk): string[] {
  return [
    ...(isAll ? [] : [`looked at ${lookedAt} dead letters, and there may be more`]),
    ...(inFlightElsewhere > 0
      ? [`about ${inFlightElsewhere} dead letters were in flight elsewhere: somebody else has received them`]
      : []),
    ...(notHandedBack > 0
      ? [`${notHandedBack} dead letters could not be handed back: they are visible again within minutes`]
      : []),
  ];
}
