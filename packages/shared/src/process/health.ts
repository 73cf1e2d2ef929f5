import type { Clock } from '../clock.ts';
import { counted } from '../counted.ts';
import { describeError } from '../error.ts';

/** One part of a process's health. `detail` is for a person: what works, or what is wrong. */
export type Finding = { readonly ok: boolean; readonly detail: string };

/** All parts by name; `ok` when every part is. The body of `/livez` and `/readyz`. */
export type HealthReport = { readonly ok: boolean; readonly parts: Readonly<Record<string, Finding>> };

export function healthReport(parts: Readonly<Record<string, Finding>>): HealthReport {
  return { ok: Object.values(parts).every((part) => part.ok), parts };
}

/**
 * Watches that the loops of a process are alive. Each loop ticks at least once in its allowed silence. One that hangs
 * fails `/livez`, and its container is replaced. Nothing outside the process counts here.
 */
export class LoopWatch {
  readonly #clock: Clock;
  readonly #loops = new Map<string, { tickedAt: number; readonly silenceMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Registers a loop and returns its tick. */
  watch(name: string, silenceMs: number): () => void {
    const loop = { tickedAt: this.#clock.monotonic(), silenceMs };
    this.#loops.set(name, loop);
    return () => {
      loop.tickedAt = this.#clock.monotonic();
    };
  }

  /** Stops watching a loop that has ended on purpose. */
  forget(name: string): void {
    this.#loops.delete(name);
  }

  report(): HealthReport {
    const now = this.#clock.monotonic();
    const parts = [...this.#loops].map(([name, { tickedAt, silenceMs }]): [string, Finding] => {
      const silentSeconds = Math.round((now - tickedAt) / 1_000);
      return [
        name,
        {
          ok: now - tickedAt <= silenceMs,
          detail: `silent for ${silentSeconds} s, limit ${silenceMs / 1_000} s`,
        },
      ];
    });
    return healthReport(Object.fromEntries(parts));
  }
}

/**
 * Failures in a row that are a fault, and milliseconds for which the last one counts: longer than any wait between
 * attempts.
 */
const toleratedFailures = 3;
const failureCountsMs = 15_000;

/**
 * Watches the requests that the work makes anyway: a probe that reads does not notice that writes are refused. Old
 * failures do not count: a poller that stands by makes no writes.
 */
export class RequestWatch {
  readonly #clock: Clock;
  #failures = 0;
  #failedAt = 0;
  #lastError = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes the request and notes whether it failed. */
  async watch<T>(request: () => Promise<T>): Promise<T> {
    try {
      const result = await request();
      this.#failures = 0;
      return result;
    } catch (error) {
      this.#failures += 1;
      this.#failedAt = this.#clock.monotonic();
      this.#lastError = describeError(error);
      throw error;
    }
  }

  finding(): Finding {
    const isRecent = this.#clock.monotonic() - this.#failedAt <= failureCountsMs;
    if (this.#failures < toleratedFailures || !isRecent) return { ok: true, detail: 'no failures in a row' };
    return { ok: false, detail: `${counted(this.#failures, 'failure')} in a row, the last: ${this.#lastError}` };
  }
}

/** The health of parts as the work itself reports it, by name. */
export class ReportedHealth<Part extends string> {
  readonly #parts: Record<Part, Finding>;

  /** @param parts what holds until something is reported */
  constructor(parts: Readonly<Record<Part, Finding>>) {
    this.#parts = { ...parts };
  }

  /** Replaces what was reported about the part. */
  readonly report = (part: Part, finding: Finding): void => {
    this.#parts[part] = finding;
  };

  parts(): Readonly<Record<Part, Finding>> {
    return { ...this.#parts };
  }
}

export type Probe = () => Promise<unknown>;

/** Readiness is lost within 15 s of a dependency failing: a probe every 4 s that may take 5 s notices it within 9 s. */
const probeEveryMs = 4_000;
const probeTimeoutMs = 5_000;

/** Probes each dependency every few seconds. */
export class DependencyWatch {
  readonly #clock: Clock;
  readonly #probes: Readonly<Record<string, Probe>>;
  readonly #findings = new Map<string, Finding>();

  constructor(clock: Clock, probes: Readonly<Record<string, Probe>>) {
    this.#clock = clock;
    this.#probes = probes;
    for (const name of Object.keys(probes)) this.#findings.set(name, { ok: false, detail: 'not probed yet' });
  }

  /** Probes until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(Object.entries(this.#probes).map(([name, probe]) => this.#watch(name, probe, signal)));
  }

  parts(): Readonly<Record<string, Finding>> {
    return Object.fromEntries(this.#findings);
  }

  async #watch(name: string, probe: Probe, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const finding = await this.#ask(probe, signal);
      if (!signal.aborted) this.#findings.set(name, finding);
      await this.#clock.sleep(probeEveryMs, signal);
    }
  }

  async #ask(probe: Probe, signal: AbortSignal): Promise<Finding> {
    const done = new AbortController();
    const timeout = this.#clock
      .sleep(probeTimeoutMs, AbortSignal.any([signal, done.signal]))
      .then((): Finding => ({ ok: false, detail: `no answer within ${probeTimeoutMs / 1_000} s` }));
    // An async function, so that a probe that throws at once counts as failed, too.
    const ask = async () => await probe();
    const answer = ask().then(
      (): Finding => ({ ok: true, detail: 'responds' }),
      (error: unknown): Finding => ({ ok: false, detail: describeError(error) }),
    );
    const finding = await Promise.race([answer, timeout]);
    done.abort();
    return finding;
  }
}
