import type { BatchLedger } from '@waybill/shared/batches/batch-ledger.ts';
import { type Clock, type Random, watchedClock } from '@waybill/shared/clock.ts';
import { calmLog } from '@waybill/shared/process/calm-log.ts';
import type { LoopWatch, RequestWatch } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageConsumer, QueueDepth } from '@waybill/shared/queue/message-queue.ts';
import type { QueueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { FailureLog } from './failures/failure-log.ts';
import type { BreakerState } from './guard/breaker-state.ts';
import { Guard } from './guard/guard.ts';
import { handBack } from './hand-back.ts';
import { HandBudget } from './hand-budget.ts';
import type { Handler } from './handler.ts';
import { LastReceives } from './last-receive.ts';
import { MessageWork } from './message-work.ts';
import { type HeldMessage, MessagesInHand } from './messages-in-hand.ts';
import { OverdueReturns } from './overdue-returns.ts';
import { loopSilenceMs, Prefetch } from './prefetch.ts';
import type { ReceiveBreaker } from './receive-breaker.ts';

export type ConsumerSettings = {
  readonly receivers: number;
  readonly receiveWaitMs: number;
  readonly visibilityTimeoutMs: number;
  readonly stopTimeoutMs: number;
};

export type ConsumerDependencies<Work, Lane extends string> = {
  readonly settings: ConsumerSettings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: ConsumerMetrics;
  readonly queue: MessageConsumer & QueueDepth;
  readonly failures: FailureLog;
  /** Where batches are kept that bring messages; absent where a deployment has none. */
  readonly batches?: BatchLedger;
  readonly handler: Handler<Work, Lane>;
  /** Of the queue; undefined: the work on messages is not traced. */
  readonly traces?: Pick<QueueTraces, 'process'> | undefined;
  /** `heap_size_limit` of V8, bytes: what is in hand is kept within it. */
  readonly heapBytes: number;
  readonly loops: LoopWatch;
  readonly receives: RequestWatch;
  readonly receiving: ReceiveBreaker;
  /** Receives of one message before the redrive policy moves it; Infinity without one. */
  readonly maxReceiveCount: number;
  readonly onBreaker: (state: BreakerState) => void;
};

const breakerGauge: Record<BreakerState, number> = { closed: 0, 'half-open': 1, open: 2 };
/**
 * Shares of the stop timeout. After the first, work that is not done is handed back instead of finished. After the second,
 * the hand-back no longer waits for polls in flight. After the third, what SQS did not take back is left to its visibility
 * timeout.
 */
const finishShare = 0.5;
const pollsShare = 0.85;
const handBackShare = 0.95;

/** Receives, works and settles until it is stopped; then finishes or hands back what is in hand. */
export class Consumer<Work, Lane extends string> {
  readonly #deps: ConsumerDependencies<Work, Lane>;
  readonly #inHand: MessagesInHand;
  readonly #lastReceives: LastReceives;
  readonly #work: MessageWork<Work, Lane>;
  readonly #prefetch: Prefetch;
  /** Aborts when a stop can wait for the work no longer. */
  readonly #workDeadline = new AbortController();
  /** Resolves when a stop can wait for the polls in flight no longer. */
  readonly #pollsDeadline = Promise.withResolvers<void>();
  /** Aborts when a stop can wait for SQS no longer either. */
  readonly #stopDeadline = new AbortController();

  constructor(deps: ConsumerDependencies<Work, Lane>) {
    this.#deps = deps;
    const { settings, log, handler } = deps;
    const { visibilityTimeoutMs } = settings;
    const { engine, lanes, faultOf } = handler;
    const signal = this.#stopDeadline.signal;
    const guard = new Guard({ ...deps, engine, lanes, faultOf, signal, ...guardReports(deps) });
    const inHand = new MessagesInHand({
      ...deps,
      visibilityTimeoutMs,
      onLimit: (held) => {
        const { messageId } = held.message;
        log.warn({ messageId }, 'message held for the 12 hours that SQS allows, handing it back');
        // What is not an engine of ours may be away for days: each hand-back would use up a receive.
        const anew = handler.breakers !== undefined;
        void handBack([held], { ...deps, inHand, anew }, signal);
      },
      signal,
    });
    this.#inHand = inHand;
    this.#lastReceives = new LastReceives({ ...deps, guard });
    const budget = new HandBudget({ heapBytes: deps.heapBytes, inHand });
    const parts = { ...deps, guard, inHand, budget, lastReceives: this.#lastReceives };
    const overdue = new OverdueReturns(deps);
    this.#work = new MessageWork({ ...parts, overdue, workDeadline: this.#workDeadline.signal });
    this.#prefetch = new Prefetch({
      ...parts,
      work: this.#work,
      handBack: (messages) => this.#handBackAtStop(messages),
    });
  }

  /** Resolves when `stopping` has aborted and the stop is complete. */
  async run(stopping: AbortSignal): Promise<void> {
    const { clock, loops, settings } = this.#deps;
    const heartbeatEnds = new AbortController();
    const tick = loops.watch('heartbeat', this.#inHand.checkEachMs + loopSilenceMs);
    const heartbeat = this.#inHand.run(watchedClock(clock, tick), heartbeatEnds.signal);
    const stopAsked = new Promise((resolve) => {
      if (stopping.aborted) resolve(undefined);
      else stopping.addEventListener('abort', resolve, { once: true });
    });
    const receiving = this.#prefetch.run(stopping);
    await stopAsked;
    const stopped = new AbortController();
    const after = (share: number) => clock.sleep(settings.stopTimeoutMs * share, stopped.signal);
    void after(pollsShare).then(this.#pollsDeadline.resolve);
    void after(handBackShare).then(() => this.#stopDeadline.abort());
    await Promise.all([receiving, this.#finish(after(finishShare))]);
    stopped.abort();
    heartbeatEnds.abort();
    await heartbeat;
    loops.forget('heartbeat');
  }

  /** Waits for the work in hand, until the deadline at the latest, then hands back what is left. */
  async #finish(deadline: Promise<void>): Promise<void> {
    await Promise.race([this.#work.ended(), deadline]);
    this.#workDeadline.abort();
    await this.#handBackAtStop(this.#inHand.remaining());
  }

  /** Waits until no poll is in flight. A poll would receive what is handed back, and a stop must cost a message one receive at most. */
  async #handBackAtStop(messages: readonly HeldMessage[]): Promise<void> {
    const signal = this.#stopDeadline.signal;
    this.#work.read(messages);
    for (const { interruption } of messages) if (interruption) this.#lastReceives.explain(interruption, signal);
    await Promise.race([this.#prefetch.ended(), this.#pollsDeadline.promise]);
    await handBack(messages, { ...this.#deps, inHand: this.#inHand }, signal);
  }
}

/** Reports the engine's failures and the breaker's state, which is closed at first. */
function guardReports<Work, Lane extends string>(deps: ConsumerDependencies<Work, Lane>) {
  const { handler, log, metrics, onBreaker } = deps;
  const calm = calmLog(deps);
  metrics.breaker.record(breakerGauge.closed);
  return {
    onEngineError: (error: unknown, waitMs: number) => {
      metrics.engineErrors.add(1, { error: error instanceof Error ? error.name : 'unknown' });
      calm.warn({ err: error, waitMs: Math.round(waitMs) }, `${handler.engine} failed, the work is held`);
    },
    onStateChange: (state: BreakerState) => {
      metrics.breaker.record(breakerGauge[state]);
      onBreaker(state);
      // While the engine is down it changes with every probe.
      if (state !== 'closed') return calm.warn({ breaker: state }, 'breaker changed');
      log.warn({ breaker: state }, 'breaker changed');
      calm.over('breaker changed');
      calm.over(`${handler.engine} failed, the work is held`, `${handler.engine} works again`);
    },
  };
}
