export type ReplaySettings = {
  /** Events per page: `SCAN_API_LIMIT`. */
  readonly limit: number;
  readonly requestsPerSecond: number;
  /** `MESSAGE_MAX_BYTES`. */
  readonly messageMaxBytes: number;
  /** `MAX_QUEUE_MESSAGES`; 0 for no limit. */
  readonly maxQueueMessages: number;
  /** Whether the milestones are announced. */
  readonly isAnnounced: boolean;
};

/** How long a replay takes at most, and what the plan's figures assume, a sentence each. */
export type ReadingEstimate = {
  readonly pages: number;
  readonly seconds: number;
  readonly assumes: readonly string[];
};

/**
 * A flag of V8 that a process sets before it replays: the space for what was just made does not grow. Otherwise it grows to 48
 * MB of garbage, which pages make at once, and a replay of pages of 1,000 events takes 190 MB instead of 125 (measured).
 */
export const replayHeapFlag = '--semi-space-growth-factor=1';
