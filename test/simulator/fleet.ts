import type { Service } from '@waybill/shared/process/lifecycle.ts';
import type { Chance } from './chance.ts';
import type { FaultLayer } from './faults.ts';
import type { Incident, Kind, Plan } from './plan.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One place in the fleet, and the process that fills it now. */
type Place = {
  readonly kind: Kind;
  readonly index: number;
  lives: number;
  current:
    | { readonly process: SimulatedProcess; readonly service: Service; stoppingSinceMs: number | undefined }
    | undefined;
};

export type FleetOptions = {
  /** Processes of each kind. */
  readonly counts: Readonly<Partial<Record<Kind, number>>>;
  readonly plan: Pick<Plan, 'clocks' | 'pollerStopTimeoutMs' | 'processor' | 'faults'>;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly faults: FaultLayer;
  readonly trace: (line: () => string) => void;
  readonly witness: { readonly violate: (what: string) => void; readonly count: (fact: string) => void };
  readonly open: (process: SimulatedProcess, kind: Kind) => Service;
  /** A process is about to be killed. */
  readonly onCrash?: (process: SimulatedProcess) => void;
  /** A process has ended after its stop. */
  readonly onExit: (process: SimulatedProcess, kind: Kind, stoppedAtMs: number) => void;
};

/** The processes, which are started anew whenever one has ended, as an orchestrator does it. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #places: readonly Place[];
  #isOver = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    const places = (kind: Kind) =>
      Array.from(
        { length: options.counts[kind] ?? 0 },
        (_, index): Place => ({ kind, index: index + 1, lives: 0, current: undefined }),
      );
    this.#places = [...places('poller'), ...places('processor'), ...places('api'), ...places('notifier')];
  }

  /** Starts every process, some seconds apart. */
  start(): void {
    const { time, chance } = this.#options;
    for (const place of this.#places) time.after(chance.between(0, 3_000), () => this.#start(place));
  }

  /** Kills the process, and starts another one in its place after a while. */
  crash(process: SimulatedProcess, cause: string): void {
    const { trace, witness, onCrash } = this.#options;
    if (!process.alive) return;
    trace(() => `${process.name} is killed ${cause}`);
    witness.count('crashes');
    onCrash?.(process);
    process.end();
    this.#restart(process);
  }

  befall(incident: Extract<Incident, { kind: Kind }>): void {
    const place = this.#places.find(({ kind, index }) => kind === incident.kind && index === incident.index);
    const process = place?.current?.process;
    if (!place || !process) return;
    if (incident.what === 'crash') this.crash(process, 'by the schedule');
    else if (incident.what === 'stop') this.#stop(place);
    else this.#freeze(process, incident.forMs);
  }

  /** The processes of a kind that are there and not told to stop; one may be frozen, or hang. */
  serving(kind: Kind): readonly SimulatedProcess[] {
    return this.#places.flatMap(({ kind: other, current }) =>
      other === kind && current && current.stoppingSinceMs === undefined ? [current.process] : [],
    );
  }

  /** What is not there, is stopping or does nothing at the moment. */
  notRunning(): readonly string[] {
    return this.#places.flatMap((place) => (this.#isRunning(place) ? [] : [`${place.kind} ${place.index}`]));
  }

  /** Stops every process for good; returns those that were there. */
  stopAll(): readonly SimulatedProcess[] {
    this.#isOver = true;
    const lives = this.#places.flatMap(({ current }) => (current ? [current.process] : []));
    for (const place of this.#places) this.#stop(place);
    return lives;
  }

  /** Nothing happens in any process from here on. */
  end(): void {
    this.#isOver = true;
    for (const { current } of this.#places) current?.process.end();
  }

  #start(place: Place): void {
    const { time, plan, trace, witness, open } = this.#options;
    place.lives += 1;
    const name = `${place.kind} ${place.index}.${place.lives}`;
    const process = new SimulatedProcess(name, time, plan.clocks(place.kind, place.index));
    const service = open(process, place.kind);
    place.current = { process, service, stoppingSinceMs: undefined };
    trace(() => `${process.name} starts`);
    const ended = (how: string) => {
      if (!process.alive) return;
      if (place.current?.stoppingSinceMs === undefined) witness.violate(`${process.name} ended by itself: ${how}`);
      else this.#exited(place, process);
    };
    service.ended.then(
      () => ended('resolved'),
      (error: unknown) => ended(String(error)),
    );
    service.start();
  }

  /** The process ended after its stop. */
  #exited(place: Place, process: SimulatedProcess): void {
    const { trace, witness, onExit } = this.#options;
    trace(() => `${process.name} exits`);
    onExit(process, place.kind, place.current?.stoppingSinceMs ?? 0);
    witness.count('clean stops');
    process.end();
    this.#restart(process);
  }

  #restart(process: SimulatedProcess): void {
    const { time, chance } = this.#options;
    const place = this.#places.find(({ current }) => current?.process === process);
    if (!place) return;
    place.current = undefined;
    if (!this.#isOver) time.after(chance.between(100, 8_000), () => !this.#isOver && this.#start(place));
  }

  #freeze(process: SimulatedProcess, forMs: number): void {
    const { time, trace, witness } = this.#options;
    trace(() => `${process.name} is frozen for ${forMs} ms`);
    witness.count('freezes');
    process.freeze();
    time.after(forMs, () => {
      trace(() => `${process.name} thaws`);
      process.thaw();
    });
  }

  #stop(place: Place): void {
    const { time, plan, chance, trace, witness } = this.#options;
    const life = place.current;
    if (!life || life.stoppingSinceMs !== undefined) return;
    const { process, service } = life;
    life.stoppingSinceMs = time.nowMs;
    const startedAtMs = time.nowMs;
    trace(() => `${process.name} is told to stop`);
    process.enter(() => void service.stop());
    // A second SIGTERM, for good measure.
    if (chance.happens(0.2)) time.after(500, () => process.enter(() => void service.stop()));
    const timeoutMs = place.kind === 'poller' ? plan.pollerStopTimeoutMs : plan.processor.stopTimeoutMs;
    time.after(timeoutMs, () => {
      if (!process.alive) return;
      const isStuck = Object.values(plan.faults.rates).some(({ stuck }) => stuck > 0);
      if (!isStuck && !process.frozenSince(startedAtMs))
        witness.violate(`${process.name} did not stop within ${timeoutMs / 1_000} s`);
      this.crash(process, 'because it did not stop in time');
    });
  }

  #isRunning({ current }: Place): boolean {
    if (!current || current.stoppingSinceMs !== undefined) return false;
    return !current.process.frozen && !this.#options.faults.isStuck(current.process);
  }
}
