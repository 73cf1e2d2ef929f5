import { type Clock, type Random, watchedClock } from '@waybill/shared/clock.ts';
import type { LoopWatch, RequestWatch } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageConsumer } from '@waybill/shared/queue/message-queue.ts';
import { limits } from '@waybill/shared/resources.ts';
import { type Backoff, backoffMs } from '@waybill/shared/retry.ts';
import { recordAge } from '@waybill/shared/telemetry/record-age.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { Guard } from './guard/guard.ts';
import type { HeldMessage, MessagesInHand } from './messages-in-hand.ts';

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
  readonly queue: Pick<MessageConsumer, 'receive'>;
  readonly loops: LoopWatch;
  readonly receives: RequestWatch;
  readonly guard: Pick<Guard<never>, 'state' | 'needsFreshProbe'>;
  readonly inHand: MessagesInHand;
  readonly handler: {
    readonly lanes: Readonly<Record<string, number>>;
    readonly backlog: () => number;
  };
  readonly work: { readonly begin: (messages: readonly HeldMessage[]) => void };
  /** Takes what a receive brings that was in flight when the stop began. */
  readonly handBack: (messages: readonly HeldMessage[]) => Promise<void>;
};

/**
 * Messages in hand for each receiver, at most. Ordinarily one full receive is worked on while the next is taken. While
 * the handler is behind, more can be folded: 24,000 events with four receivers, in packs of a hundred.
 */
export const mostInHandPerReceiver = { ordinary: 2 * limits.batchEntries, behind: 6 * limits.batchEntries };
/** Bodies in hand, for each receiver, up to which more is taken while behind: as much as twenty messages of 256 KiB may be in any case. */
const bytesPerReceiver = 20 * limits.sendBytes;
/** Share of the visibility timeout that a message may have been held while more is taken: its renewal is not due yet. */
const heldShare = 0.25;
/** The handler is behind when this many rounds of the calls that it makes at once wait: a tenth of a second's work at the least. */
const roundsBehind = 8;
/** Time between receives while behind: there is work enough, and the next one brings what has come meanwhile. */
const gatherMs = 250;
/** How often a receiver that may not receive looks whether it may. */
const pauseMs = 100;
const receiveBackoff: Backoff = { firstMs: 200, maxMs: 10_000 };
/** A loop that is silent for longer than its own wait (a long poll, the time between two looks) and this hangs. */
export const loopSilenceMs = 60_000;

/** The receive loops: each receives ahead of the work, as much as may be in hand, and hands over what comes. */
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

  /** Receives until `stopping` aborts. A poll under way then is let end, and what it brings is handed back. */
  async run(stopping: AbortSignal): Promise<void> {
    const loops = Array.from({ length: this.#deps.settings.receivers }, (_, index) =>
      this.#receiveUntil(stopping, `receiver ${index + 1}`),
    );
    await Promise.all(loops);
  }

  /** Resolves when no receive of now is in flight any more. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
  }

  async #receiveUntil(stopping: AbortSignal, name: string): Promise<void> {
    const { random, log, loops, settings, work, handBack } = this.#deps;
    const clock = watchedClock(this.#deps.clock, loops.watch(name, settings.receiveWaitMs + loopSilenceMs));
    let failures = 0;
    while (!stopping.aborted) {
      if (!this.#mayBegin(clock.monotonic())) {
        await clock.sleep(pauseMs, stopping);
        continue;
      }
      try {
        const messages = await this.#receive(clock);
        failures = 0;
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
   * Whether one receive more may begin. While the engine is down, nothing is received but what it can be probed with, by
   * one receiver: when nothing is in hand, or nothing but what was throttled. What comes is tried before more is fetched.
   */
  #mayBegin(now: number): boolean {
    const { guard, inHand, handler } = this.#deps;
    if (guard.state !== 'closed') {
      if (this.#inFlight.size > 0) return false;
      return inHand.count === 0 || (this.#hasRoom(mostInHandPerReceiver.ordinary) && guard.needsFreshProbe);
    }
    const isBehind = handler.backlog() > this.#behindFrom;
    // One after the other, and at once while each finds the queue full: what comes joins the work that waits.
    if (isBehind && this.#inFlight.size > 0) return false;
    if (isBehind && !this.#lastWasFull && now - this.#begunAt < gatherMs) return false;
    return this.#hasRoom(isBehind ? this.#mostWhileBehind(now) : mostInHandPerReceiver.ordinary);
  }

  /** One long poll. What it brings is in hand. */
  async #receive(clock: Clock): Promise<HeldMessage[]> {
    const { queue, receives, inHand, metrics } = this.#deps;
    this.#begunAt = clock.monotonic();
    const poll = receives.watch(() => queue.receive());
    this.#inFlight.add(poll);
    const messages = await poll.finally(() => this.#inFlight.delete(poll));
    this.#lastWasFull = messages.length === limits.batchEntries;
    const oldest = Math.min(...messages.map(({ sentAtMs }) => sentAtMs));
    if (messages.length > 0) recordAge(metrics.messageAge, oldest, clock.now());
    return inHand.take(messages);
  }

  /** Whether a receive more, besides those in flight, leaves no more than these for each receiver in hand. */
  #hasRoom(mostPerReceiver: number): boolean {
    const { settings, inHand } = this.#deps;
    const room = settings.receivers * mostPerReceiver - inHand.count;
    return room >= (this.#inFlight.size + 1) * limits.batchEntries;
  }

  /** More may be in hand while behind, unless some of it is held for so long that it must be renewed soon, or its bodies are large. */
  #mostWhileBehind(now: number): number {
    const { settings, inHand } = this.#deps;
    const isOld = now - inHand.oldestMs > settings.visibilityTimeoutMs * heldShare;
    const isMuch = inHand.bytes > bytesPerReceiver * settings.receivers;
    return isOld || isMuch ? mostInHandPerReceiver.ordinary : mostInHandPerReceiver.behind;
  }
}
