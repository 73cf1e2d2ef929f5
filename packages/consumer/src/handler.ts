import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import type { TraceSpan } from '@waybill/shared/telemetry/traces/trace-span.ts';
import type { Failure } from './failures/failure-log.ts';
import type { BreakerView } from './guard/breaker-state.ts';
import type { Fault, Guard } from './guard/guard.ts';

/**
 * What a consumer is for. The consumer receives, holds, settles and hands back; the handler reads and works.
 *
 * @typeParam Work what a message asks to be done
 * @typeParam Lane names of the lanes in which its calls wait
 */
export type Handler<Work, Lane extends string> = {
  /** What its calls and the failure log's go to, for people: `DynamoDB`. */
  readonly engine: string;
  /** Calls at once in each lane. No lane waits behind another. */
  readonly lanes: Readonly<Record<Lane, number>>;
  /** Whose failure an error of its calls is. An error that it does not know is the engine's. */
  readonly faultOf: (error: unknown) => Fault;
  /** Pattern of its failure ids. Any sender can set the attribute that names one; an id that does not match is ignored. */
  readonly failureIds: RegExp;
  /**
   * Reads a message. Never throws: what is wrong with it is in the reading.
   *
   * @param failureId the record of an earlier failure, which the message names in an attribute
   * @param span of the work on it, where that begins and the message is traced
   */
  readonly read: (message: ReceivedMessage, failureId: string | undefined, span?: TraceSpan) => Reading<Work>;
  /**
   * Does the work of messages that were received together, so that it can be folded. Returns for each message a promise
   * of what failed in it. Calls its engine through `guard` only; a promise rejects with the engine's error once `signal`
   * aborts.
   */
  readonly work: (
    together: readonly Work[],
    guard: Guard<Lane>,
    signal: AbortSignal,
  ) => readonly Promise<readonly ElementFailure[]>[];
  /**
   * Those of what its calls go to besides the engine, and what they say of it. While one is not closed, what is in hand is held,
   * and nothing more is received but to probe with.
   */
  readonly breakers?: readonly BreakerView[];
  /** How a message's work is left off where its engine throttles a part of it. Without it a message is held until all is done. */
  readonly rest?: ThrottledRest<Work>;
  /** Units of work that wait for a call. The consumer prefetches more while there are many, to be folded. */
  readonly backlog: () => number;
  /** Heap that a reading takes until its message is settled, bytes: itself, and its work while that waits for calls. */
  readonly heapBytes: (reading: Reading<Work>) => number;
  /** The ids on which what a message asks for would be on record, had it failed. */
  readonly failureIdsOf: (work: Work) => readonly string[];
  /** Called once a message is settled. Returns what the log line about that says of the work. */
  readonly settled: (work: Work, settlement: Settlement) => Readonly<Record<string, unknown>>;
};

/** The work of a message of which all that is left is throttled. */
export type ThrottledRest<Work> = {
  /** Monotonic milliseconds since which all that the work still waits for has been throttled; undefined where it waits for something else. */
  readonly throttledSince: (work: Work) => number | undefined;
  /**
   * Ends the work where it stands: its promise resolves with the failures so far, and calls for which nobody waits are
   * abandoned. Returns the body in which the rest of it travels on; undefined where only the whole message can.
   */
  readonly giveUp: (work: Work) => string | undefined;
};

/** What a received message holds. */
export type Reading<Work> = {
  readonly work: Work;
  /** Elements that cannot be worked on, or why the message cannot be read at all. */
  readonly failures: readonly ElementFailure[];
  /** It holds one element or none: there is nothing to split off. */
  readonly single: boolean;
  /** Its only element, as a failure of it would be recorded, where that has an id. */
  readonly element: Pick<Failure, 'failureId' | 'parcelId'> | undefined;
  /** The record to resolve when all of it succeeds, though the message does not name it. */
  readonly resolves: string | undefined;
};

/** A failure of one element of a message, or of the whole message. */
export type ElementFailure = Failure & {
  /** The body in which the element travels alone; undefined where it cannot be written out apart from its neighbours. */
  readonly splitBody: string | undefined;
  /** Time alone may cure it: a version that a rolling deploy will know. */
  readonly mayHeal: boolean;
};

/**
 * What became of a message. `sent on`: the rest of it, which is throttled, is a message of its own. `left`: it will be
 * received again. `lost`: it is no longer ours; its next receiver records its failures again.
 */
export type Settlement = 'deleted' | 'split' | 'sent on' | 'left' | 'lost';
