/** The poller's settings; `config.ts` reads them from the environment (design.md section 4). */
export type PollerSettings = {
  readonly feed: string;
  readonly firstEventId: number;
  readonly limit: number;
  readonly requestsPerSecond: number;
  readonly requestTimeoutMs: number;
  readonly pollIntervalMs: number;
  readonly leaseMs: number;
  readonly messageMaxBytes: number;
  readonly maxQueueMessages: number;
  readonly catchUpReaders: number;
  readonly gapPatienceMs: number;
};
