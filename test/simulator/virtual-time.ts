import { type Clock as FakeClock, install } from '@sinonjs/fake-timers';

/** The real one, kept before any installation: waiting for it lets every promise that can settle do so. */
const afterMicrotasks = setImmediate;

/** An instant to start from; what matters is that no schedule sees the machine's own time. */
const epochMs = Date.UTC(2025, 2, 30, 0, 59, 0);

/**
 * Time that moves only when the simulator says so. While it is installed, the global timers, `Date` and `performance`
 * are the simulator's: whatever the logic waits for or reads comes from here.
 */
export class VirtualTime {
  readonly #fake: FakeClock;
  #steps = 0;

  private constructor(fake: FakeClock) {
    this.#fake = fake;
  }

  static install(): VirtualTime {
    const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] as const;
    return new VirtualTime(install({ now: epochMs, toFake: [...toFake] }));
  }

  uninstall(): void {
    this.#fake.uninstall();
  }

  /** Milliseconds since the schedule began. */
  get nowMs(): number {
    return this.#fake.now - epochMs;
  }

  /** The true wall-clock time, milliseconds since the Unix epoch; a process may believe another. */
  get wallMs(): number {
    return this.#fake.now;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Whole milliseconds; what is due at one instant happens in the order in which it was asked for. */
  after(ms: number, happening: () => void): void {
    setTimeout(happening, Math.max(0, Math.round(ms)));
  }

  /** Goes to the next thing that happens, and lets all that follows from it at once follow. */
  async step(): Promise<void> {
    this.#steps += 1;
    this.#fake.next();
    await new Promise((resolve) => {
      afterMicrotasks(resolve);
    });
  }
}
