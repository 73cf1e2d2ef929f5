/** What the poller asks of a feed. `scan-api.ts` implements it over HTTP, the simulator in memory. */
export type ScanFeed = {
  /**
   * One request for at most `limit` elements with an EventId of `fromEventId` or above. No retry. Rejects with a
   * `WaybillError`: `FEED_UNAVAILABLE` (408, 429, 5xx, timeout, cut connection; `details.retryAfterMs` where the
   * server said so) or `FEED_UNREADABLE` (another status, a coding that is not understood, not JSON, wrong envelope, body
   * over the cap: `details.tooLarge` is true for the cap). Of the answer's text neither says anything: `receivedBy` of
   * `scan-api-error.ts` has it.
   */
  readonly read: (fromEventId: number, limit: number, signal: AbortSignal) => Promise<readonly unknown[]>;
};
