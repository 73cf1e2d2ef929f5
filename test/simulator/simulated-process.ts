import type { Clock } from '@waybill/shared/clock.ts';
import type { VirtualTime } from './virtual-time.ts';

/** How wrong a process's clocks are. */
export type ClockFaults = {
  /** The wall clock is off by this many milliseconds. */
  readonly wallOffsetMs: number;
  /** Both clocks run faster by this share: 0.0001 is 100 ppm. */
  readonly drift: number;
};

/**
 * One life of a process: what it waits for reaches it through {@link enter}, so that it can be killed or frozen at any
 * await. After a kill nothing reaches it; what comes while it is frozen reaches it when it thaws, in order.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly #time: VirtualTime;
  readonly #bornAtMs: number;
  #endedAtMs: number | undefined;
  #frozen = false;
  #frozenUntilMs = Number.NEGATIVE_INFINITY;
  #kept: (() => void)[] = [];

  constructor(name: string, time: VirtualTime, faults: ClockFaults) {
    this.name = name;
    this.#time = time;
    this.#bornAtMs = time.nowMs;
    this.clock = {
      now: () => Math.floor(time.wallMs + faults.wallOffsetMs + (time.nowMs - this.#bornAtMs) * faults.drift),
      monotonic: () => (time.nowMs - this.#bornAtMs) * (1 + faults.drift),
      sleep: (ms, signal) => this.#sleep(ms / (1 + faults.drift), signal),
    };
  }

  get bornAtMs(): number {
    return this.#bornAtMs;
  }

  get alive(): boolean {
    return this.#endedAtMs === undefined;
  }

  get endedAtMs(): number | undefined {
    return this.#endedAtMs;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** Whether it stood still at any time since this instant. */
  frozenSince(ms: number): boolean {
    return this.#frozen || this.#frozenUntilMs >= ms;
  }

  /** SIGKILL, or the end of the process after its service ended. */
  end(): void {
    this.#endedAtMs ??= this.#time.nowMs;
    this.#kept = [];
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    this.#frozenUntilMs = this.#time.nowMs;
    const kept = this.#kept;
    this.#kept = [];
    for (const happening of kept) this.enter(happening);
  }

  /** Lets something happen in this process. */
  enter(happening: () => void): void {
    if (!this.alive) return;
    if (this.#frozen) this.#kept.push(happening);
    else happening();
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      // Never early: a sleeper that looks at its clock must find the time passed.
      this.#time.after(Math.ceil(ms), () => this.enter(done));
    });
  }
}
