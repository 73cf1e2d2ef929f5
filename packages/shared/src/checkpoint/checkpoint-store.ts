/** One feed's item, as `dynamodb-checkpoint-store.ts` and the simulator's store in memory read it. */
export type StoredCheckpoint = {
  /** Absent until something was confirmed. */
  readonly lastEventId: number | undefined;
  /** The fencing token: raised by every takeover and every operator's reset. */
  readonly token: number;
  /** Raised by every write of the holder, so that an idle one is seen alive. */
  readonly counter: number;
  /** Who holds the lease; absent once it was released. */
  readonly holder: string | undefined;
  /** The gap ledger as text; absent while no gap is open. */
  readonly openGaps?: string | undefined;
  /** The id through which everything is confirmed on the queue. */
  readonly watermark?: number | undefined;
} & FeedProgress;

/**
 * How far the feed goes, as the last holder saw it. For people only: the times are of wall clocks, nothing is decided by
 * them, and an item that an older release wrote has none of these.
 */
export type FeedProgress = {
  /** When the feed was last asked and had nothing beyond what is confirmed. */
  readonly caughtUpAtUtc?: string | undefined;
  /** When the event with the highest EventId that is confirmed was scanned. */
  readonly newestScanUtc?: string | undefined;
  /** The highest EventId that the feed is known to have, confirmed or not. */
  readonly headEventId?: number | undefined;
};

/** What is missing below the checkpoint. */
export type Completeness = Pick<StoredCheckpoint, 'openGaps' | 'watermark'>;

/**
 * Who writes under a lease. Every write is conditional on both: the token shows an operator's reset and a takeover, and
 * the name, which no other attempt has, an item that was deleted and whose tokens begin at 1 again.
 */
export type Holding = Pick<StoredCheckpoint, 'token'> & { readonly holder: string };

export type CheckpointStore = {
  /** A consistent read; undefined where the feed has no checkpoint yet. */
  readonly read: () => Promise<StoredCheckpoint | undefined>;
  /**
   * Takes the lease on condition that token and counter are still those of `seen` (or that there is still no item),
   * raising the token by one. `outrun` when they are not: another process was faster. `holder` is new with every
   * attempt, so that a process whose answer was lost recognises its own success by reading.
   */
  readonly acquire: (seen: StoredCheckpoint | undefined, holder: string) => Promise<'acquired' | 'outrun'>;
  /**
   * Renews the lease. Moves the checkpoint, replaces gaps and watermark and sets what is known of the feed in the same
   * write, where they are given. On condition that token and holder are still those of `held` and that the checkpoint does not move back; `fenced` when it fails.
   */
  readonly renew: (
    held: Holding,
    lastEventId: number | undefined,
    completeness?: Completeness,
    progress?: FeedProgress,
  ) => Promise<'renewed' | 'fenced'>;
  /** Gives the lease up, on condition that token and holder are still those of `held`: another process need not wait then. */
  readonly release: (held: Holding) => Promise<void>;
};
