import type { Clock, Random } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { backoffMs } from '@waybill/shared/retry.ts';
import { isThrottling } from '@waybill/shared/throttling.ts';
import { type BreakerLimits, engineLimits, recordsAtOnce } from './breaker-limits.ts';
import type { BreakerState, BreakerView } from './breaker-state.ts';
import { isFirst } from './first-sight.ts';
import { ProbeWait } from './probe-wait.ts';
import { type HeldCall, ThrottlingWatch } from './throttling-watch.ts';
import { WaitingCalls } from './waiting-calls.ts';

/**
 * Whose failure an error is. `item`: no retry cures it. `others`: other writers came in between; the engine is well.
 * `throttled`: the engine limits the item, or all of it. `unasked`: nobody's, the call was not made after all; as a probe it has
 * found out nothing. `engine`: anything else.
 */
export type Fault = 'item' | 'others' | 'throttled' | 'unasked' | 'engine';

/** The lane that every guard has: failure records, in DynamoDB. */
const records = 'records';
type Records = typeof records;

export type GuardDependencies<Lane extends string> = {
  readonly clock: Clock;
  readonly random: Random;
  /** The engine's name, for people. */
  readonly engine: string;
  /** Calls at once in each lane. No lane waits behind another. */
  readonly lanes: Readonly<Record<Lane, number>>;
  /** Whose failure an error of a lane's call is. A failure record is never at fault itself. */
  readonly faultOf: (error: unknown) => Fault;
  /** The engine failed; the work is held and will be tried again, in `waitMs` or when a probe has found the engine well. */
  readonly onEngineError: (error: unknown, waitMs: number) => void;
  readonly onStateChange: (state: BreakerState) => void;
  /** Those of an engine of ours, unless told otherwise. */
  readonly limits?: BreakerLimits;
  /** Ends the probing: nothing is held any more. */
  readonly signal: AbortSignal;
};

type FailedCall = {
  readonly item: string;
  readonly error: unknown;
  readonly begunAt: number;
  readonly isProbe: boolean;
  readonly isThrottled: boolean;
};

/**
 * Stands between the work and the engine that it calls. What is not the item's fault is the engine's: the work is held
 * and tried again in place. After a few failures in a row the breaker opens: one call at a time goes through, as a probe,
 * and all others wait until one has succeeded.
 */
export class Guard<Lane extends string> implements BreakerView {
  readonly #deps: GuardDependencies<Lane>;
  readonly #slots: ReadonlyMap<string, { free: number }>;
  readonly #waiting: WaitingCalls;
  #state: BreakerState = 'closed';
  #underWay = 0;
  #failuresInARow = 0;
  readonly #limits: BreakerLimits;
  readonly #probeWait: ProbeWait;
  /** Where to look first for the call that may go through as a probe; undefined while none may. */
  #probeFrom: string | undefined;
  /** What failed last: a probe of another lane would say little, unless all that waits in this one was throttled. */
  #failingLane: string = records;
  /** Errors seen before: a call that carries the writes of many items fails once, though each of them fails. */
  readonly #counted = new WeakSet<object>();
  readonly #reported = new WeakSet<object>();
  /** Monotonic milliseconds since which the engine has failed and done nothing else. */
  #failingSince: number | undefined;
  /** Monotonic milliseconds of its last answer. */
  #answeredAt = Number.NEGATIVE_INFINITY;
  readonly throttling = new ThrottlingWatch();

  constructor(deps: GuardDependencies<Lane>) {
    this.#deps = deps;
    this.#limits = deps.limits ?? engineLimits;
    this.#probeWait = new ProbeWait({ ...deps, limits: this.#limits });
    const lanes: Readonly<Record<string, number>> = { [records]: recordsAtOnce, ...deps.lanes };
    this.#slots = new Map(Object.entries(lanes).map(([lane, free]) => [lane, { free }]));
    this.#waiting = new WaitingCalls([...this.#slots.keys()], this.throttling.wasTried);
  }

  get state(): BreakerState {
    return this.#state;
  }

  get needsFreshProbe(): boolean {
    return this.#underWay === 0 && !this.#waiting.hasUntried;
  }

  /**
   * Runs `call` until it works. `item` names what it writes. Rejects with an error that is the item's fault or nobody's, and
   * with the engine's error or `STOPPED` once `signal` aborts: then the caller hands the work back. A call under way is never cut off.
   *
   * @param held shows the caller that the call is throttled, and lets it abandon the call
   */
  async execute<T>(
    item: string,
    call: () => Promise<T>,
    signal: AbortSignal,
    lane: Lane | Records = records,
    held?: HeldCall,
  ): Promise<T> {
    const { clock, random, onEngineError } = this.#deps;
    for (let failures = 0; ; failures += 1) {
      try {
        const result = await this.#inTurn(lane, item, call, signal, held);
        if (held?.throttledAt !== undefined) this.throttling.recoveredAt = this.#answeredAt;
        return result;
      } catch (error) {
        if (held) this.throttling.noteFailure(held, this.#faultOf(error, lane) === 'throttled');
        if (held?.isAbandoned) throw error;
        if (['item', 'unasked'].includes(this.#faultOf(error, lane)) || signal.aborted) throw error;
        this.#failingLane = lane;
        const waitMs = backoffMs(failures, this.#limits.workBackoff, random);
        if (isFirst(error, this.#reported)) onEngineError(error, waitMs);
        // While the breaker is not closed it waits for its turn, which needs no timer of its own.
        if (this.#state === 'closed') await clock.sleep(waitMs, signal);
        if (signal.aborted || held?.isAbandoned) throw error;
      }
    }
  }

  /** Rejects the calls that wait and that their callers have abandoned: a breaker that is open would keep them. */
  dropAbandoned(): void {
    this.#waiting.dropAbandoned();
  }

  /** At once where the lane has a slot and nothing waits, else when its turn comes. */
  #inTurn<T>(
    lane: string,
    item: string,
    call: () => Promise<T>,
    signal: AbortSignal,
    held: HeldCall | undefined,
  ): Promise<T> {
    const stopped = () => new WaybillError('STOPPED', `stopped before the call to ${this.#deps.engine} began`);
    if (signal.aborted) return Promise.reject(stopped());
    if (this.#state === 'closed' && this.#waiting.length === 0 && this.#isFree(lane)) {
      return this.#attempt(lane, item, call);
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const begin = () => void this.#attempt(lane, item, call).then(resolve, reject);
    this.#waiting.push({ lane, item, signal, held, begin, stop: () => reject(stopped()) });
    this.#admit();
    return promise;
  }

  /** Begins what may begin: while the breaker is closed by the slots of each lane, else the one call that is to be the probe. */
  #admit(): void {
    if (this.#waiting.length === 0) return;
    if (this.#state === 'closed') {
      for (const lane of this.#slots.keys()) {
        while (this.#state === 'closed' && this.#isFree(lane) && this.#waiting.beginFirst(lane));
      }
    } else if (this.#probeFrom !== undefined) {
      const from = this.#probeFrom;
      this.#probeFrom = undefined;
      const others = [...this.#slots.keys()].filter((lane) => lane !== from);
      const free = [from, ...others].filter((lane) => this.#isFree(lane));
      if (!this.#waiting.beginProbe(free)) this.#probeFrom = from;
    }
  }

  #isFree(lane: string): boolean {
    return (this.#slots.get(lane)?.free ?? 0) > 0;
  }

  /** Runs one call. It is the probe unless the breaker is closed. */
  async #attempt<T>(lane: string, item: string, call: () => Promise<T>): Promise<T> {
    const isProbe = this.#state !== 'closed';
    const slots = this.#slots.get(lane);
    if (slots) slots.free -= 1;
    this.#underWay += 1;
    if (isProbe) this.#changeTo('half-open');
    const begunAt = this.#deps.clock.monotonic();
    try {
      // Async, so that a call that throws at once is not settled before all that may begin has begun.
      const result = await (async () => await call())();
      this.#answered(isProbe);
      if (this.throttling.items.size > 0) this.throttling.items.clear();
      if (lane !== records) this.throttling.doneAt = this.#answeredAt;
      if (this.#state === 'closed') this.#failuresInARow = 0;
      return result;
    } catch (error) {
      const fault = this.#faultOf(error, lane);
      if (fault === 'item' || fault === 'others') this.#answered(isProbe);
      else if (fault !== 'unasked') this.#failed({ item, error, begunAt, isProbe, isThrottled: fault === 'throttled' });
      else if (isProbe) {
        // The next call may be the probe at once: the wait before this one was for it, too.
        this.#changeTo('open');
        this.#probeFrom = lane;
      }
      throw error;
    } finally {
      if (slots) slots.free += 1;
      this.#underWay -= 1;
      this.#admit();
    }
  }

  #faultOf(error: unknown, lane: string): Fault {
    if (lane !== records) return this.#deps.faultOf(error);
    return isThrottling(error) ? 'throttled' : 'engine';
  }

  #answered(isProbe: boolean): void {
    this.#failingSince = undefined;
    this.#answeredAt = this.#deps.clock.monotonic();
    if (!isProbe) return;
    this.#probeWait.reset();
    this.#failuresInARow = 0;
    this.#changeTo('closed');
  }

  /**
   * What one failure says. One hot item, throttled again and again with no success of another in between, must not stop
   * the others, unless nothing else has worked for long. A probe that is throttled has not found the engine well.
   */
  #failed({ item, error, begunAt, isProbe, isThrottled }: FailedCall): void {
    // A call that hangs while others are answered says nothing of that time.
    this.#failingSince ??= Math.max(begunAt, this.#answeredAt);
    const now = this.#deps.clock.monotonic();
    const isThrottledAgain = this.throttling.failed(item, isThrottled, now);
    const mustWait = this.#probeWait.isAskedFor(error);
    if (isProbe && this.#limits.probesOthersFirst) this.throttling.items.add(item);
    if (isProbe) return void this.#open();
    if (this.#state !== 'closed') return;
    const isForLong = mustWait || now - this.#failingSince >= this.#limits.failingToOpenMs;
    if (isThrottledAgain ? !isForLong : !isFirst(error, this.#counted)) return;
    this.#failuresInARow += 1;
    if (this.#failuresInARow >= this.#limits.failuresToOpen || isForLong) void this.#open();
  }

  /** Lets one call through after a while: what becomes of it closes the breaker or calls this again. */
  async #open(): Promise<void> {
    this.#changeTo('open');
    await this.#probeWait.next();
    if (this.#deps.signal.aborted) return;
    this.#probeFrom = this.#failingLane;
    this.#admit();
  }

  #changeTo(state: BreakerState): void {
    this.#state = state;
    this.#deps.onStateChange(state);
  }
}
