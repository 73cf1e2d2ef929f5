import { wholeNumber } from '../process/env.ts';

/** The variable of whoever takes the lease, and of whoever asks whether its holder lives. */
export const leaseVariables = {
  LEASE_SECONDS: wholeNumber({
    min: 2,
    max: 300,
    default: 15,
    meaning: 'time after which the lease of a silent poller may be taken over',
  }),
};
