import type { Requirement } from './requirement.ts';

/** The milestone is in state: without it there is nothing to tell. */
export const reached = {
  name: 'reached',
  check: (parcel, { milestone }) =>
    parcel?.milestones[milestone] ? { met: true } : { met: false, detail: `the ${milestone} is not in state` },
} as const satisfies Requirement;
