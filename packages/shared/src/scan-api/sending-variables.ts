import { wholeNumber } from '../process/env.ts';

/** The variables of whatever puts the feed's events on the queue. */
export const sendingVariables = {
  MESSAGE_MAX_BYTES: wholeNumber({
    min: 1_024,
    max: 262_144,
    default: 61_440,
    meaning: 'target size of a pack; 60 KiB is one billed request',
  }),
  MAX_QUEUE_MESSAGES: wholeNumber({
    min: 0,
    max: 1_000_000,
    default: 50_000,
    meaning: 'reading pauses while the queue holds more messages; 0: never',
  }),
};
