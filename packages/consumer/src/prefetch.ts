import { type Clock, type Random, watchedClock } from '@waybill/shared/clock.ts';
import { counted } from '@waybill/shared/counted.ts';
import type { LoopWatch, RequestWatch } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { limits } from '@waybill/shared/resources.ts';
import { type Backoff, backoffMs } from '@waybill/shared/retry.ts';
import { recordAge } from '@waybill/shared/telemetry/record-age.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { BreakerView } from './guard/breaker-state.ts';
import type { HandBudget } from './hand-budget.ts';
import type { HeldMessage, MessagesInHand } from './messages-in-hand.ts';
import type { ReceiveBreaker } from './receive-breaker.ts';

export type PrefetchDependencies = {
  readonly settings: {
    readonly receivers: number;
    readonly receiveWaitMs: number;
    readonly visibilityTimeoutMs: number;
  };
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Pick<ConsumerMetrics, 'messageAge'>;
  readonly receiving: Pick<ReceiveBreaker, 'isProven' | 'mayReceive' | 'receive'>;
  readonly loops: LoopWatch;
  readonly receives: RequestWatch;
  readonly guard: BreakerView;
  readonly inHand: MessagesInHand;
  readonly budget: Pick<HandBudget, 'mostReceives' | 'fitsReceives'>;
  readonly handler: {
    readonly lanes: Readonly<Record<string, number>>;
    readonly backlog: () => number;
    readonly breakers?: readonly BreakerView[];
  };
  readonly work: {
    readonly begin: (messages: readonly HeldMessage[]) => void;
    readonly waiting: number;
    readonly makeRoom: () => void;
  };
  /** For the messages of a receive that was in flight when the stop began. */
  readonly handBack: (messages: readonly HeldMessage[]) => Promise<void>;
};

/**
 * Most messages in hand per receiver. Ordinarily one full receive is worked on while the next one arrives. While the
 * handler is behind, more are received, because it can fold them: 240 with four receivers.
 */
export const mostInHandPerReceiver = { ordinary: 2 * limits.batchEntries, behind: 6 * limits.batchEntries };
/** While more messages than this wait for heap, none are received: they would only be in hand when the process crashes. */
const mostWaiting = limits.batchEntries;
/** Bytes in hand per receiver above which no more than the ordinary number is received: twenty messages of 256 KiB. */
const bytesPerReceiver = 20 * limits.sendBytes;
/** Longest hold, as a share of the visibility timeout, with which more than the ordinary number is received: no renewal is due yet. */
const heldShare = 0.25;
/** The handler is behind when its backlog exceeds this many times its concurrency: it has work for at least a tenth of a second. */
const roundsBehind = 8;
/** Time between receives while behind: there is enough work, and the next receive brings more messages. */
const gatherMs = 250;
/** Time between two checks whether a receiver may receive again. */
const pauseMs = 100;
/** For the first messages, until the other receivers have some too: they begin within two checks. */
const gatherFirstMs = 2 * pauseMs;
const receiveBackoff: Backoff = { firstMs: 200, maxMs: 10_000 };
/** A loop hangs when it is silent for longer than its own wait (a long poll, the time between two checks) and this. */
export const loopSilenceMs = 60_000;

/** The receive loops. Each receives ahead of the work, as much as may be in hand, and begins the work on what it received. */
export class Prefetch {
  readonly #deps: PrefetchDependencies;
  readonly #behindFrom: number;
  readonly #inFlight = new Set<Promise<unknown>>();
  #lastWasFull = false;
  #begunAt = Number.NEGATIVE_INFINITY;

  constructor(deps: PrefetchDependencies) {
    this.#deps = deps;
    const callsAtOnce = Object.values(deps.handler.lanes).reduce((sum, calls) => sum + calls, 0);
    this.#behindFrom = callsAtOnce * roundsBehind;
  }

  /** Receives until `stopping` aborts. A poll in flight is not aborted; its messages are handed back. */
  async run(stopping: AbortSignal): Promise<void> {
    const { settings, budget, log } = this.#deps;
    const { receivers } = settings;
    const most = Math.min(receivers, budget.mostReceives);
    if (most < receivers) {
      log.warn(
        { receivers, most },
        `the heap holds the messages of ${counted(most, 'receive')} at once: RECEIVERS is lowered from ${receivers} to ${most}`,
      );
    }
    const loops = Array.from({ length: most }, (_, index) => this.#receiveUntil(stopping, `receiver ${index + 1}`));
    await Promise.all(loops);
  }

  /** Resolves when the receives in flight now have ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
  }

  async #receiveUntil(stopping: AbortSignal, name: string): Promise<void> {
    const { random, log, loops, settings, receiving, work, handBack } = this.#deps;
    const clock = watchedClock(this.#deps.clock, loops.watch(name, settings.receiveWaitMs + loopSilenceMs));
    let failures = 0;
    while (!stopping.aborted) {
      if (!this.#mayBegin(clock.monotonic())) {
        if (!this.#hasCapacity(mostInHandPerReceiver.ordinary)) work.makeRoom();
        await clock.sleep(pauseMs, stopping);
        continue;
      }
      try {
        const isFirst = !receiving.isProven;
        const messages = await this.#receive(clock, stopping);
        failures = 0;
        // The others receive only now: together it is less work.
        if (isFirst && this.#lastWasFull) await clock.sleep(gatherFirstMs, stopping);
        if (!stopping.aborted) work.begin(messages);
        else await handBack(messages);
      } catch (error) {
        const waitMs = backoffMs(failures, receiveBackoff, random);
        failures += 1;
        log.warn({ err: error, waitMs }, 'receive failed, will be retried');
        await clock.sleep(waitMs, stopping);
      }
    }
    loops.forget(name);
  }

  /**
   * Whether another receive may begin. While the engine is down, one receiver fetches only what the engine can be probed
   * with: when nothing is in hand, or only throttled messages. These are tried before more is fetched. The same while something
   * else is down that the work needs, up to one full receive: an outage may last for days, and each receive counts.
   */
  #mayBegin(now: number): boolean {
    const { guard, inHand, handler, receiving } = this.#deps;
    if (!receiving.mayReceive(this.#inFlight.size)) return false;
    if (guard.state !== 'closed') {
      if (this.#inFlight.size > 0) return false;
      return inHand.count === 0 || (guard.needsFreshProbe && this.#hasRoomForProbe());
    }
    const others = handler.breakers?.filter(({ state }) => state !== 'closed') ?? [];
    if (others.length > 0) {
      // Not whenever the hand is empty: what was handed back after SQS's 12 hours is still probed with.
      const needProbe = others.every(({ needsFreshProbe }) => needsFreshProbe);
      return needProbe && this.#inFlight.size === 0 && inHand.count < limits.batchEntries && this.#hasRoomForProbe();
    }
    const isBehind = handler.backlog() > this.#behindFrom;
    // One receive after the other, without a pause while each is full: the messages join the work that waits.
    if (isBehind && this.#inFlight.size > 0) return false;
    if (isBehind && !this.#lastWasFull && now - this.#begunAt < gatherMs) return false;
    return this.#hasCapacity(isBehind ? this.#mostWhileBehind(now) : mostInHandPerReceiver.ordinary);
  }

  /** Makes one long poll. Its messages are in hand. */
  async #receive(clock: Clock, stopping: AbortSignal): Promise<HeldMessage[]> {
    const { receiving, receives, inHand, metrics } = this.#deps;
    this.#begunAt = clock.monotonic();
    const poll = receives.watch(() => receiving.receive(stopping));
    this.#inFlight.add(poll);
    const messages = await poll.finally(() => this.#inFlight.delete(poll));
    this.#lastWasFull = messages.length === limits.batchEntries;
    const oldest = Math.min(...messages.map(({ sentAtMs }) => sentAtMs));
    if (messages.length > 0) recordAge(metrics.messageAge, oldest, clock.now());
    return inHand.take(messages);
  }

  /**
   * Whether fewer are in hand than ordinarily may be. A receive may bring more than there is room for: else half a hand
   * whose work is throttled would keep all the rest from being tried.
   */
  #hasRoomForProbe(): boolean {
    const { settings, inHand, budget, work } = this.#deps;
    const isFull = inHand.count >= settings.receivers * mostInHandPerReceiver.ordinary;
    return !isFull && work.waiting <= mostWaiting && budget.fitsReceives(1);
  }

  /** Whether another receive, besides those in flight, leaves at most this many messages in hand per receiver. */
  #hasCapacity(mostPerReceiver: number): boolean {
    const { settings, inHand, budget, work } = this.#deps;
    const receives = this.#inFlight.size + 1;
    const capacity = settings.receivers * mostPerReceiver - inHand.count;
    if (capacity < receives * limits.batchEntries || work.waiting > mostWaiting) return false;
    return budget.fitsReceives(receives);
  }

  /** More than the ordinary number, unless a message must be renewed soon or the bodies are large. */
  #mostWhileBehind(now: number): number {
    const { settings, inHand } = this.#deps;
    const isOld = now - inHand.oldestMs > settings.visibilityTimeoutMs * heldShare;
    const isMuch = inHand.bytes > bytesPerReceiver * settings.receivers;
    return isOld || isMuch ? mostInHandPerReceiver.ordinary : mostInHandPerReceiver.behind;
  }
}
