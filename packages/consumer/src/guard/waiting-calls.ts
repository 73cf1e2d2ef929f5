import { Fifo } from './fifo.ts';
import type { HeldCall } from './throttling-watch.ts';

export type WaitingCall = {
  readonly lane: string;
  /** What it writes. */
  readonly item: string;
  readonly signal: AbortSignal;
  readonly held?: HeldCall | undefined;
  readonly begin: () => void;
  /** Its signal has aborted, or it was abandoned: it will not begin. */
  readonly stop: () => void;
};

/** Calls that wait, first in, first out in each lane. A waiting call costs no timer and no attempt. */
export class WaitingCalls {
  /** Calls that wait, in all lanes. */
  length = 0;
  readonly #lanes: ReadonlyMap<string, Fifo<WaitingCall>>;
  readonly #wasTried: (item: string) => boolean;
  readonly #watched = new WeakSet<AbortSignal>();

  /** @param wasTried whether the item was tried before: the first try of another tells more */
  constructor(lanes: readonly string[], wasTried: (item: string) => boolean) {
    this.#lanes = new Map(lanes.map((lane) => [lane, new Fifo()]));
    this.#wasTried = wasTried;
  }

  /** Whether a call waits whose item was not tried. */
  get hasUntried(): boolean {
    return [...this.#lanes.values()].some((waiting) => waiting.some(({ item }) => !this.#wasTried(item)));
  }

  push(call: WaitingCall): void {
    const waiting = this.#lanes.get(call.lane);
    if (!waiting) throw new Error(`no such lane: ${call.lane}`);
    this.#watch(call.signal);
    waiting.push(call);
    this.length += 1;
  }

  /** Begins the first call of the lane; false where none waits. */
  beginFirst(lane: string): boolean {
    return this.#begin(this.#lanes.get(lane)?.shift());
  }

  /**
   * Begins one call that is to be a probe: the first whose item was not tried, of these lanes one after the other, else
   * the first at all; false where none waits.
   */
  beginProbe(lanes: readonly string[]): boolean {
    return lanes.some((lane) => this.#begin(this.#takeUntried(lane))) || lanes.some((lane) => this.beginFirst(lane));
  }

  #begin(call: WaitingCall | undefined): boolean {
    if (!call) return false;
    this.length -= 1;
    call.begin();
    return true;
  }

  /** Those that were tried and wait before it go behind all others. */
  #takeUntried(lane: string): WaitingCall | undefined {
    const waiting = this.#lanes.get(lane);
    for (let left = waiting?.length ?? 0; left > 0; left -= 1) {
      const next = waiting?.shift();
      if (next && !this.#wasTried(next.item)) return next;
      if (next) waiting?.push(next);
    }
    return undefined;
  }

  /** One listener for all that wait under a signal: with a listener each, adding and removing them takes seconds. */
  #watch(signal: AbortSignal): void {
    if (this.#watched.has(signal)) return;
    this.#watched.add(signal);
    signal.addEventListener('abort', () => this.#stopUnder(signal), { once: true });
  }

  dropAbandoned(): void {
    this.#stopWhere(({ held }) => held?.isAbandoned === true);
  }

  #stopUnder(aborted: AbortSignal): void {
    this.#stopWhere(({ signal }) => signal === aborted);
  }

  #stopWhere(isOver: (call: WaitingCall) => boolean): void {
    for (const waiting of this.#lanes.values()) {
      for (let left = waiting.length; left > 0; left -= 1) {
        const call = waiting.shift();
        if (!call) continue;
        if (!isOver(call)) {
          waiting.push(call);
          continue;
        }
        this.length -= 1;
        call.stop();
      }
    }
  }
}
