import { counted } from '@waybill/shared/counted.ts';
import type { Walk } from './walk.ts';

/** What a walk did not see, a sentence each. */
export function notLookedAt({ lookedAt, isAll, inFlightElsewhere, notHandedBack }: Walk): string[] {
  return [
    ...(isAll ? [] : [`looked at ${counted(lookedAt, 'dead letter')}, and there may be more`]),
    ...(inFlightElsewhere > 0
      ? [`in flight elsewhere: about ${counted(inFlightElsewhere, 'dead letter')}, received by somebody else`]
      : []),
    ...(notHandedBack > 0
      ? [`could not be handed back: ${counted(notHandedBack, 'dead letter')}, visible again within minutes`]
      : []),
  ];
}
