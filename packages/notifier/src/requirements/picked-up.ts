import type { Requirement } from './requirement.ts';

/** Met by all other milestones, and where there is no delivery, which `reached` says. */
export const pickedUp = {
  name: 'picked-up',
  says: 'a delivery has a pickup before it, by EventId',
  check: (parcel, { milestone }) => {
    const { pickup, delivery } = parcel?.milestones ?? {};
    if (milestone !== 'delivery' || !delivery) return { met: true };
    if (pickup && pickup.eventId < delivery.eventId) return { met: true };
    return { met: false, detail: 'no pickup before the delivery is known' };
  },
} as const satisfies Requirement;
