/** What can be made to go wrong in a running `npm start -- --live`, in the order of the bad day. */
export const troubles = {
  'carrier-503': {
    begins: 'The carrier answers 503 to every request.',
    ends: 'The carrier is back.',
  },
  'malformed-scans': {
    begins: "A release of the carrier's writes one scan in ten with the month before the day.",
    ends: 'The carrier has fixed its release, and sends these scans again, well-formed.',
  },
  'throttled-table': {
    begins: 'DynamoDB has too little capacity: it refuses nearly every write to the parcels table.',
    ends: 'DynamoDB has its capacity back.',
  },
  'webhook-401': {
    begins: 'The webhook answers 401 to every notification.',
    ends: 'The webhook takes notifications again.',
  },
} as const;

export type TroubleName = keyof typeof troubles;

// Object.keys returns string[] because a value may have more keys than its type; this one is written out above.
export const troubleNames = Object.keys(troubles) as TroubleName[];
