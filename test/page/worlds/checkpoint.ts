import type { PlainItem } from './write-items.ts';

/** What the poller has of its feed, as its item in the checkpoints table has it. */
export type CheckpointInput = {
  readonly lastEventId: number;
  readonly watermark: number;
  readonly headEventId: number;
  /** As `stored-gaps.ts` writes them. */
  readonly openGaps?: string;
  readonly caughtUpAtUtc: string;
  readonly newestScanUtc: string;
};

/** The feed of every world. */
export const feed = 'scan-events';

/** The lease of every world. */
export const lease = { token: 12, holder: 'poller-7c9f6d/1' };

export function checkpointItem(checkpoint: CheckpointInput): PlainItem {
  return { feed, ...checkpoint, leaseHolder: lease.holder, fencingToken: lease.token, leaseCounter: 48_211 };
}
