import { WaybillError } from '@waybill/shared/error.ts';
import type { Chance } from './chance.ts';
import { endpointError, unansweredError } from './endpoint-error.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualTime } from './virtual-time.ts';

/** `announcements`: SQS as it is asked about announcement queues, which may be away while the scan queue is not. */
export type Engine = 'feed' | 'sqs' | 'dynamodb' | 'announcements' | 'webhook' | 'report';

/** Shares of an engine's calls that go wrong on an ordinary day. */
export type Rates = {
  /** Rejected, and nothing was done. */
  readonly refused: number;
  /** Done, but reported as failed. */
  readonly lost: number;
  /** No answer until the client gives up; done or not. */
  readonly hung: number;
  /** No answer at all: the process stays stuck until it is killed. */
  readonly stuck: number;
};

/** A span in which an engine does not serve, or serves some calls only. */
export type Outage = {
  readonly engine: Engine;
  readonly fromMs: number;
  readonly toMs: number;
  /** Calls that fail: 1 is down, less is throttled. */
  readonly share: number;
  /** What the client sees. `silent`: nothing, until it gives up. */
  readonly as: 'refused' | 'silent' | 'throttled' | 'forbidden';
  /** Whom it hits; everybody where undefined. */
  readonly only: string | undefined;
  /** Writes fail, reads do not: a process that starts finds nothing wrong. */
  readonly sparesReads: boolean;
};

export type FaultPlan = {
  /** Milliseconds that a request or an answer travels: mostly between the two, now and then up to `tail`. */
  readonly latencyMs: { readonly least: number; readonly most: number; readonly tail: number };
  /** An engine that is not named is sound. */
  readonly rates: Readonly<Partial<Record<Engine, Rates>>>;
  readonly outages: readonly Outage[];
  /** In this span receives are done, and no answer with messages arrives. */
  readonly lostReceives: { readonly fromMs: number; readonly toMs: number } | undefined;
  /** Which call of which kind of process (counted over all its lives) kills the one that makes it. */
  readonly crashPoints: readonly CrashPoint[];
  /** Nothing goes wrong from here on. */
  readonly faultsEndMs: number;
};

export type CrashPoint = {
  readonly kind: string;
  readonly call: number;
  /** Before the request leaves, when it was done and before the answer, or when the answer has come. */
  readonly when: 'asking' | 'done' | 'answered';
};

export type Call = { readonly engine: Engine; readonly operation: string };

export type CallHooks<T> = {
  /** The answer reaches the process. */
  readonly answered?: (result: T) => void;
  /** The process will not learn what was done. */
  readonly failed?: () => void;
};

type Fate = {
  readonly kind: 'served' | 'refused' | 'lost' | 'hung' | 'stuck';
  readonly requestMs: number;
  readonly answerMs: number;
  readonly crash: CrashPoint['when'] | undefined;
  /** A request on its way when its process dies still arrives. */
  readonly outlives: boolean;
  /** Of a call that hangs: whether it is done all the same, and if only after the client gave up. */
  readonly done: boolean;
  readonly late: boolean;
};

const noRates: Rates = { refused: 0, lost: 0, hung: 0, stuck: 0 };

/** The SDK clients and the feed's client give up after this long without an answer. */
const clientTimeoutMs = 5_000;
/** Longer than a stop, a visibility timeout and the longest pause between two probes, many times over. */
const longMs = 1_800_000;
/** An orchestrator kills a process whose loops do not turn. */
const stuckUntilKilledMs = 45_000;

/** What every call of every process to every engine goes through: latency, failures of all kinds, outages and crashes. */
export class FaultLayer {
  readonly #time: VirtualTime;
  readonly #plan: FaultPlan;
  readonly #chance: Chance;
  readonly #crash: (process: SimulatedProcess, cause: string) => void;
  readonly #trace: (line: () => string) => void;
  readonly #calls = new Map<string, number>();
  readonly #operations = new Map<string, number>();
  /** How often calls went wrong in which way. */
  readonly facts = new Map<string, number>();
  readonly #stuck = new Set<SimulatedProcess>();
  #receivesLost = 0;

  constructor(options: {
    readonly time: VirtualTime;
    readonly plan: FaultPlan;
    readonly chance: Chance;
    readonly crash: (process: SimulatedProcess, cause: string) => void;
    readonly trace: (line: () => string) => void;
  }) {
    this.#time = options.time;
    this.#plan = options.plan;
    this.#chance = options.chance;
    this.#crash = options.crash;
    this.#trace = options.trace;
  }

  /** Whether faults may still happen. */
  get active(): boolean {
    return this.#time.nowMs < this.#plan.faultsEndMs;
  }

  /** Whether it is between the two instants. */
  isBetween(fromMs: number, toMs: number): boolean {
    return this.#time.nowMs >= fromMs && this.#time.nowMs < toMs;
  }

  /** Whether something of this share goes wrong now. */
  strikes(share: number): boolean {
    return this.active && this.#chance.happens(share);
  }

  /** Whether the engine was out, for this process, at any time between the two instants. */
  wasOut(engine: Engine, process: SimulatedProcess, fromMs: number, toMs: number): boolean {
    return this.#plan.outages.some(
      (outage) => outage.engine === engine && hits(outage, process) && outage.fromMs <= toMs && outage.toMs >= fromMs,
    );
  }

  /** Whether every call of this process to the engine was served between the two instants, whatever it asked. */
  wasSound(engine: Engine, process: SimulatedProcess, fromMs: number, toMs: number): boolean {
    const { refused, lost, hung, stuck } = this.#plan.rates[engine] ?? noRates;
    return refused + lost + hung + stuck === 0 && !this.wasOut(engine, process, fromMs, toMs);
  }

  /** Whether it waits for an answer that never comes, until it is killed. */
  isStuck(process: SimulatedProcess): boolean {
    return this.#stuck.has(process);
  }

  /** Calls so far, by the first word of their operation. */
  callsSoFar(): ReadonlyMap<string, number> {
    return new Map(this.#operations);
  }

  /**
   * One call: `effect` happens in the engine, at once when the request arrives, or never. The promise settles only in a
   * process that is alive and awake.
   */
  call<T>(process: SimulatedProcess, call: Call, effect: () => T | Promise<T>, hooks: CallHooks<T> = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!process.alive) return;
      const fate = this.#fateOf(process, call);
      const told = (what: string) => {
        this.#count(`calls ${what}`);
        if (call.engine === 'webhook' || call.engine === 'announcements') this.#count(`${call.engine} ${what}`);
        this.#trace(() => `${process.name}: ${call.engine} ${call.operation} ${what}`);
      };
      const answer = (afterMs: number, happening: () => void) =>
        this.#time.after(afterMs, () =>
          process.enter(() => {
            happening();
            if (fate.crash === 'answered') this.#crash(process, `at the answer to ${call.operation}`);
          }),
        );
      const fail = (afterMs: number, error: Error, what: string) => {
        told(what);
        if (call.engine === 'webhook') this.#count(`webhook responds ${statusOf(error) ?? 'nothing'}`);
        hooks.failed?.();
        answer(afterMs, () => reject(error));
      };
      const served = (result: T) => {
        if (fate.crash === 'done' && process.alive) this.#crash(process, `after ${call.operation}`);
        if (this.#losesReceive(call, result)) return fail(fate.answerMs, named('ECONNRESET'), 'received, answer lost');
        if (fate.kind === 'lost') return fail(fate.answerMs, this.#error(call.engine), 'done, answer lost');
        if (fate.kind === 'hung') return fail(clientTimeoutMs, timeout(call.engine), 'done, hung');
        if (fate.kind === 'stuck') return told('done, stuck');
        answer(fate.answerMs, () => {
          told('answered');
          hooks.answered?.(result);
          resolve(result);
        });
      };
      if (fate.crash === 'asking') return this.#crash(process, `before ${call.operation}`);
      if (fate.kind === 'stuck') {
        hooks.failed?.();
        this.#stuck.add(process);
        this.#time.after(stuckUntilKilledMs, () => process.alive && this.#crash(process, 'stuck'));
      }
      this.#time.after(fate.requestMs, () => {
        if (!process.alive && !fate.outlives) return;
        const outage = this.#outage(process, call);
        if (outage && outage.toMs - outage.fromMs > longMs) this.#count(`${call.engine} out for long`);
        if (outage?.as === 'silent') return fail(clientTimeoutMs, timeout(call.engine), 'out, silent');
        if (outage) return fail(fate.answerMs, this.#error(call.engine, outage.as), `out, ${outage.as}`);
        if (fate.kind === 'refused') return fail(fate.answerMs, this.#error(call.engine), 'refused');
        if (fate.kind === 'hung' && !(fate.done && !fate.late))
          fail(clientTimeoutMs, timeout(call.engine), fate.done ? 'to be done late, hung' : 'not done, hung');
        if (fate.kind === 'hung' && fate.done && fate.late)
          return this.#time.after(clientTimeoutMs + fate.answerMs, () => late(effect));
        if (fate.kind === 'hung' && !fate.done) return;
        if (fate.kind === 'stuck' && !fate.done) return told('not done, stuck');
        try {
          const result = effect();
          if (result instanceof Promise) void result.then(served);
          else served(result);
        } catch (error) {
          // The engine's own answer, such as a rejected item; not a fault of this layer.
          told('rejected by the engine itself');
          answer(fate.answerMs, () => reject(error));
        }
      });
    });
  }

  #count(fact: string): void {
    this.facts.set(fact, (this.facts.get(fact) ?? 0) + 1);
  }

  /** Receives that messages have lost with their answers. */
  get receivesLost(): number {
    return this.#receivesLost;
  }

  #losesReceive({ operation }: Call, result: unknown): boolean {
    const span = this.#plan.lostReceives;
    const now = this.#time.nowMs;
    if (operation !== 'receive' || span === undefined || now < span.fromMs || now >= span.toMs) return false;
    if (!Array.isArray(result) || result.length === 0) return false;
    this.#receivesLost += result.length;
    return true;
  }

  #fateOf(process: SimulatedProcess, call: Call): Fate {
    const kind = process.name.split(' ')[0] ?? '';
    const count = (this.#calls.get(kind) ?? 0) + 1;
    this.#calls.set(kind, count);
    const operation = call.operation.split(' ')[0] ?? '';
    this.#operations.set(operation, (this.#operations.get(operation) ?? 0) + 1);
    const rates = this.#plan.rates[call.engine] ?? noRates;
    const dice = this.#chance.next();
    const crash = this.#plan.crashPoints.find((point) => point.kind === kind && point.call === count)?.when;
    return {
      kind: this.active ? kindOf(dice, rates) : 'served',
      requestMs: this.#latencyMs(),
      answerMs: this.#latencyMs(),
      crash: this.active ? crash : undefined,
      outlives: this.#chance.happens(0.5),
      done: this.#chance.happens(0.5),
      late: this.#chance.happens(0.5),
    };
  }

  #latencyMs(): number {
    const { least, most, tail } = this.#plan.latencyMs;
    return this.strikes(0.03) ? this.#chance.between(least, tail) : this.#chance.between(least, most);
  }

  #outage(process: SimulatedProcess, { engine, operation }: Call): Outage | undefined {
    const now = this.#time.nowMs;
    const isRead = /^(read|describe) /.test(operation);
    return this.#plan.outages.find(
      (outage) =>
        outage.engine === engine &&
        hits(outage, process) &&
        !(isRead && outage.sparesReads) &&
        now >= outage.fromMs &&
        now < outage.toMs &&
        this.#chance.happens(outage.share),
    );
  }

  #error(engine: Engine, as: Outage['as'] = 'refused'): Error {
    if (engine === 'feed') {
      if (as === 'forbidden' || this.#chance.happens(0.2))
        return new WaybillError('FEED_UNREADABLE', 'simulated: not JSON', { details: { received: '<html>' } });
      const retryAfterMs = this.#chance.happens(0.3) ? this.#chance.between(0, 3_000) : undefined;
      return new WaybillError('FEED_UNAVAILABLE', 'simulated: 503', {
        details: retryAfterMs === undefined ? {} : { retryAfterMs },
      });
    }
    if (engine === 'webhook' || engine === 'report') return endpointError(as, this.#chance);
    if (as === 'throttled') return named('ProvisionedThroughputExceededException');
    if (as === 'forbidden') return named(this.#chance.pick(['AccessDeniedException', 'ExpiredTokenException']));
    return named(this.#chance.pick(['ServiceUnavailable', 'InternalServerError', 'ECONNRESET', 'ThrottlingException']));
  }
}

function statusOf(error: Error): unknown {
  return error instanceof WaybillError ? error.details['status'] : undefined;
}

/** Done after the client gave up: nobody hears of it. */
function late(effect: () => unknown): void {
  try {
    effect();
  } catch {
    // A rejected item, say.
  }
}

function hits(outage: Outage, process: SimulatedProcess): boolean {
  return outage.only === undefined || process.name.startsWith(outage.only);
}

function kindOf(dice: number, rates: Rates): Fate['kind'] {
  let bound = 0;
  for (const kind of ['refused', 'lost', 'hung', 'stuck'] as const) {
    bound += rates[kind];
    if (dice < bound) return kind;
  }
  return 'served';
}

function timeout(engine: Engine): Error {
  if (engine === 'webhook' || engine === 'report') return unansweredError();
  return engine === 'feed'
    ? new WaybillError('FEED_UNAVAILABLE', 'simulated: no answer in time')
    : named('TimeoutError');
}

/** An error as the AWS SDK throws it: told apart by its name. */
function named(name: string): Error {
  return Object.assign(new Error('simulated'), { name });
}
