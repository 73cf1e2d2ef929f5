/** What the commands with the same first word are about. */
export const groups: Readonly<Record<string, string>> = {
  batches: 'events that were pushed over HTTP',
  dlq: 'dead letters',
  failures: 'events that failed, and why',
  feed: "the carrier's feed",
  notifications: 'what was told to webhooks',
  checkpoint: "the poller's position in the feed",
  operations: 'what operators did, on record',
  parcel: 'one parcel',
  parcels: 'many parcels',
  token: 'tokens of the API',
};
