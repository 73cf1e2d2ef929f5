import type { Clock } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { RequestWatch } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageConsumer } from '@waybill/shared/queue/message-queue.ts';
import { limits } from '@waybill/shared/resources.ts';
import type { Guard } from './guard/guard.ts';
import type { HeldMessage, MessagesInHand } from './messages/messages-in-hand.ts';
import { reportReceive } from './reports.ts';
import type { ParcelWrites } from './work.ts';

export type ReceiveDependencies = {
  readonly settings: {
    readonly receivers: number;
    readonly writeConcurrency: number;
    readonly visibilityTimeoutMs: number;
  };
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly queue: Pick<MessageConsumer, 'receive'>;
  readonly receives: RequestWatch;
  readonly guard: Pick<Guard<'parcels'>, 'state' | 'needsFreshProbe'>;
  readonly inHand: MessagesInHand;
  readonly writes: Pick<ParcelWrites, 'waiting'>;
};

/** Full receives in hand for each receiver: one is worked on while the next is taken. */
const handfulsPerReceiver = 2;
/** The same while behind: 24,000 events with the default of four receivers, in packs of a hundred. */
const handfulsPerReceiverBehind = 6;
/** Bodies in hand, for each receiver, up to which more is taken while behind: as much as twenty messages of 256 KiB may be in any case. */
const bytesPerReceiver = 20 * limits.sendBytes;
/** Share of the visibility timeout that a message may have been held while more is taken: its renewal is not due yet. */
const heldShare = 0.25;
/** Behind: as many rounds of `WRITE_CONCURRENCY` writes wait, a tenth of a second's work at the very least. */
const roundsBehind = 8;
/** Time between receives while behind: there is work enough, and the next one brings what has come meanwhile. */
const gatherMs = 250;

/** The receives of all loops: when the next one may begin, those in flight, and what they bring. */
export class Receives {
  readonly #dependencies: ReceiveDependencies;
  readonly #inFlight = new Set<Promise<unknown>>();
  #lastWasFull = false;
  #begunAt = Number.NEGATIVE_INFINITY;

  constructor(dependencies: ReceiveDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * While the engine is down, nothing is received but what it can be probed with, by one receiver: should nothing be in
   * hand, or nothing but what was throttled. What comes is tried before more is fetched.
   */
  mayBegin(): boolean {
    const { clock, settings, guard, inHand, writes } = this.#dependencies;
    if (guard.state !== 'closed') {
      if (this.#inFlight.size > 0) return false;
      return inHand.count === 0 || (this.#hasRoom(handfulsPerReceiver) && guard.needsFreshProbe);
    }
    const isBehind = writes.waiting > settings.writeConcurrency * roundsBehind;
    // One after the other, and at once while each finds the queue full: what comes joins the writes that wait.
    if (isBehind && this.#inFlight.size > 0) return false;
    if (isBehind && !this.#lastWasFull && clock.monotonic() - this.#begunAt < gatherMs) return false;
    return this.#hasRoom(isBehind ? this.#handfulsBehind() : handfulsPerReceiver);
  }

  /** One long poll. What it brings is in hand. */
  async receive(): Promise<HeldMessage[]> {
    const { clock, queue, receives, inHand } = this.#dependencies;
    this.#begunAt = clock.monotonic();
    const poll = receives.watch(() => queue.receive());
    this.#inFlight.add(poll);
    const messages = await poll.finally(() => this.#inFlight.delete(poll));
    this.#lastWasFull = messages.length === limits.batchEntries;
    reportReceive(messages, this.#dependencies);
    return inHand.take(messages);
  }

  /** Resolves when no receive of now is in flight any more. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
  }

  /** Whether a receive more, besides those in flight, leaves no more than these for each receiver in hand. */
  #hasRoom(handfuls: number): boolean {
    const { settings, inHand } = this.#dependencies;
    const room = settings.receivers * handfuls * limits.batchEntries - inHand.count;
    return room >= (this.#inFlight.size + 1) * limits.batchEntries;
  }

  /** More may be in hand while behind, as long as none of it is held for so long that it had to be renewed, and memory holds it. */
  #handfulsBehind(): number {
    const { clock, settings, inHand } = this.#dependencies;
    const isOld = clock.monotonic() - inHand.oldestMs > settings.visibilityTimeoutMs * heldShare;
    const isMuch = inHand.bytes > bytesPerReceiver * settings.receivers;
    return isOld || isMuch ? handfulsPerReceiver : handfulsPerReceiverBehind;
  }
}
