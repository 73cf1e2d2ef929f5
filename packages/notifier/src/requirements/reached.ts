import type { Requirement } from './requirement.ts';

/** Without it there is nothing to tell. */
export const reached = {
  name: 'reached',
  says: 'the milestone is in state (checked always)',
  check: (parcel, { milestone }) =>
    parcel?.milestones[milestone] ? { met: true } : { met: false, detail: `the ${milestone} is not in state` },
} as const satisfies Requirement;
