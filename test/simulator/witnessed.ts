import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { Carried } from './oracle.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** What the simulated feed and queue hold, as the witness sees it. */

export type FeedElement = {
  /** Where it stands in the feed: its EventId where it has a usable one. */
  readonly position: number;
  /** What the simulator calls it: `keyOf` the event, or the JSON of anything else, as in `Carried`. */
  readonly name: string;
  readonly json: string;
  /** What it must become, where it is a scan event. */
  readonly event: ScanEvent | undefined;
  readonly visibleAtMs: number;
  readonly goneAtMs: number;
  /** It became visible after elements beyond it. */
  readonly late: boolean;
  /** Its EventId is corrupt: far above all others, at the tail for ever. */
  readonly lone: boolean;
};

/** One receive of one message, and how it ended. */
export type Receive = {
  readonly handle: string;
  readonly receiver: SimulatedProcess;
  readonly atMs: number;
  /** The answer reached its receiver. */
  answered: boolean;
  /** A copy went to another receiver meanwhile, as a standard queue may. */
  duplicated: boolean;
  /** A call about this receive failed, or answered that this entry failed. */
  troubled: boolean;
  /** The receiver gave it back: seconds. */
  returned: number | undefined;
  deleted: boolean;
};

export type QueuedMessage = {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAtMs: number;
  readonly carried: Carried;
  /** Since it was sent, or redriven. */
  readonly receives: Receive[];
  visibleAtMs: number;
  mayDuplicate: boolean;
  mayHaunt: boolean;
};
