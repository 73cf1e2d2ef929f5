import type { Clock, Random } from '@waybill/shared/clock.ts';
import { hasCode } from '@waybill/shared/error.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { LoopWatch, RequestWatch } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageConsumer } from '@waybill/shared/queue/message-queue.ts';
import { type Backoff, backoffMs } from '@waybill/shared/retry.ts';
import type { Failure, FailureLog } from './failures/failure-log.ts';
import { type BreakerState, type Fault, Guard } from './guard/guard.ts';
import { DeleteBatcher } from './messages/delete-batcher.ts';
import { interruption, type MessageReading, readMessage } from './messages/message-reading.ts';
import { type HeldMessage, MessagesInHand } from './messages/messages-in-hand.ts';
import { handBack, type SettleDependencies, settle } from './messages/settle.ts';
import type { ParcelTable } from './parcels/parcel-table.ts';
import { Receives } from './receives.ts';
import { guardReports, holdingReports, reportSettlement } from './reports.ts';
import { ParcelWrites } from './work.ts';

export type ConsumeSettings = {
  readonly receivers: number;
  readonly receiveWaitMs: number;
  readonly writeConcurrency: number;
  readonly visibilityTimeoutMs: number;
  readonly stopTimeoutMs: number;
};

export type ConsumeDependencies = {
  readonly settings: ConsumeSettings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly queue: MessageConsumer;
  readonly parcels: ParcelTable;
  readonly failures: FailureLog;
  readonly loops: LoopWatch;
  readonly receives: RequestWatch;
  readonly maxReceiveCount: number;
  readonly onBreaker: (state: BreakerState) => void;
};

/** A message in hand, what it says, and, on its last allowed receive, what is on record while it is worked on. */
type Opened = { readonly held: HeldMessage; readonly reading: MessageReading; readonly last: Failure | undefined };

/** How often a receiver that may not receive looks whether it may. */
const pauseMs = 100;
const receiveBackoff: Backoff = { firstMs: 200, maxMs: 10_000 };
/** A loop that is silent for longer than its own wait (a long poll, the time between two looks) and this hangs. */
const loopSilenceMs = 60_000;
/**
 * Parts of the stop timeout: after the first, work that is not done is handed back instead of finished; after the second,
 * the hand-back waits for no poll any more; after the third, what SQS did not take back is left to its visibility.
 */
const finishShare = 0.5;
const pollsShare = 0.85;
const handBackShare = 0.95;
/** Longest time that a message on its last allowed receive has to itself before the next one's turn. */
const longestTurnMs = 2_000;

/** Receives, stores and settles until `stopping` aborts; then finishes or hands back what is in hand. */
export async function consume(dependencies: ConsumeDependencies, stopping: AbortSignal): Promise<void> {
  const { clock, loops, settings } = dependencies;
  const consumption = new Consumption(dependencies);
  const heartbeatEnds = new AbortController();
  const heartbeat = consumption.keepHeartbeat(heartbeatEnds.signal);
  const receivers = Array.from({ length: settings.receivers }, (_, index) =>
    consumption.receiveUntil(stopping, `receiver ${index + 1}`),
  );
  await new Promise((resolve) => {
    if (stopping.aborted) resolve(undefined);
    else stopping.addEventListener('abort', resolve, { once: true });
  });
  const ended = new AbortController();
  const after = (share: number) => clock.sleep(settings.stopTimeoutMs * share, ended.signal);
  const deadlines = { work: after(finishShare), polls: after(pollsShare), handBack: after(handBackShare) };
  await Promise.all([...receivers, consumption.finish(deadlines)]);
  ended.abort();
  heartbeatEnds.abort();
  await heartbeat;
  loops.forget('heartbeat');
}

/** Whose failure an error of the store is: what names no item is the engine's. */
function faultOf(error: unknown): Fault {
  if (hasCode(error, 'STORE_REJECTED')) return 'item';
  return hasCode(error, 'STORE_CONTENDED') ? 'others' : 'engine';
}

class Consumption {
  readonly #dependencies: ConsumeDependencies;
  readonly #settling: SettleDependencies;
  readonly #guard: Guard<'parcels'>;
  readonly #inHand: MessagesInHand;
  /** Aborts when a stop can wait for the work no longer. */
  readonly #noMoreTime = new AbortController();
  /** Aborts when a stop can wait for SQS no longer either. */
  readonly #over = new AbortController();
  readonly #works = new Set<Promise<void>>();
  readonly #opened = new Map<HeldMessage, Opened>();
  readonly #writes: ParcelWrites;
  readonly #receives: Receives;
  /** Last receives whose record is written, or being written. */
  readonly #explained = new WeakSet<Failure>();
  /** When the next message on its last allowed receive may be worked on. */
  #nextTurn: Promise<void> = Promise.resolve();
  readonly #pollsDeadline = Promise.withResolvers<void>();

  constructor(dependencies: ConsumeDependencies) {
    const { log, clock, random, metrics, queue, failures, settings, maxReceiveCount } = dependencies;
    this.#dependencies = dependencies;
    this.#guard = new Guard({
      clock,
      random,
      engine: 'DynamoDB',
      lanes: { parcels: settings.writeConcurrency },
      faultOf,
      signal: this.#over.signal,
      ...guardReports(dependencies, dependencies.onBreaker),
    });
    this.#inHand = new MessagesInHand({
      queue,
      clock,
      visibilityTimeoutMs: settings.visibilityTimeoutMs,
      onLimit: (held) => {
        log.warn({ messageId: held.message.messageId }, 'held for as long as SQS allows, handing the message back');
        void this.#handBackNow([held]);
      },
      ...holdingReports(dependencies),
    });
    const onFailure = (error: unknown) => log.warn({ err: error }, 'messages not deleted, trying again');
    const deletes = new DeleteBatcher({ queue, clock, random, onFailure }, this.#over.signal);
    const guard = this.#guard;
    const inHand = this.#inHand;
    const signal = this.#noMoreTime.signal;
    this.#writes = new ParcelWrites({ log, metrics, parcels: dependencies.parcels, guard, signal });
    this.#receives = new Receives({ ...dependencies, guard, inHand, writes: this.#writes });
    this.#settling = { log, clock, random, metrics, queue, failures, guard, deletes, inHand, maxReceiveCount, signal };
  }

  keepHeartbeat(signal: AbortSignal): Promise<void> {
    const tick = this.#dependencies.loops.watch('heartbeat', this.#inHand.lookEachMs + loopSilenceMs);
    return this.#inHand.run(signal, tick);
  }

  /** One receive loop. A poll under way when the stop comes is let end, and what it brings is handed back. */
  async receiveUntil(stopping: AbortSignal, name: string): Promise<void> {
    const { clock, random, log, loops, settings } = this.#dependencies;
    const tick = loops.watch(name, settings.receiveWaitMs + loopSilenceMs);
    let failures = 0;
    while (!stopping.aborted) {
      tick();
      if (!this.#receives.mayBegin()) {
        await clock.sleep(pauseMs, stopping);
        continue;
      }
      try {
        const opened = (await this.#receives.receive()).map((held) => this.#open(held));
        failures = 0;
        if (!stopping.aborted) this.#begin(opened);
        else await this.#handBack(opened.map(({ held }) => held));
      } catch (error) {
        const waitMs = backoffMs(failures, receiveBackoff, random);
        failures += 1;
        log.warn({ err: error, waitMs }, 'receive failed, trying again');
        await clock.sleep(waitMs, stopping);
      }
    }
    loops.forget(name);
  }

  /** Waits for the work in hand, then hands back what is left; each until its deadline at the latest. */
  async finish(deadlines: Readonly<Record<'work' | 'polls' | 'handBack', Promise<void>>>): Promise<void> {
    void deadlines.polls.then(this.#pollsDeadline.resolve);
    void deadlines.handBack.then(() => this.#over.abort());
    const worked = (async () => {
      while (this.#works.size > 0) await Promise.all(this.#works);
    })();
    await Promise.race([worked, deadlines.work]);
    this.#noMoreTime.abort();
    await this.#handBack(this.#inHand.remaining());
  }

  /**
   * For a stop. Waits until no poll is in flight: that poll would take what is handed back, and a stop must cost a message
   * one receive at most.
   */
  async #handBack(messages: readonly HeldMessage[]): Promise<void> {
    for (const held of messages) this.#explain(held);
    await Promise.race([this.#receives.ended(), this.#pollsDeadline.promise]);
    await this.#handBackNow(messages);
  }

  /** Puts on record what came on its last allowed receive after the stop began: SQS may refuse to take it back. */
  #explain(held: HeldMessage): void {
    const last = this.#opened.get(held)?.last;
    if (!last || this.#explained.has(last)) return;
    this.#explained.add(last);
    const record = () => this.#dependencies.failures.recordInterruption(last);
    // The hand-back does not wait for it: sent anew, the message needs no record, and carries its id all the same.
    this.#guard.execute(last.failureId, record, this.#over.signal).catch(() => undefined);
  }

  /** Ends with the hand-back's time at the latest, though a call to SQS may still be under way. */
  async #handBackNow(messages: readonly HeldMessage[]): Promise<void> {
    const signal = this.#over.signal;
    // What is not open any more is being handed back already: a second time would give it back as it is.
    const returned = messages.flatMap((held) => {
      const opened = this.#opened.get(held);
      return opened ? [{ held, interruption: opened.last }] : [];
    });
    for (const held of messages) this.#opened.delete(held);
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const end = () => resolve();
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    await Promise.race([handBack(returned, this.#settling, signal), over]);
    signal.removeEventListener('abort', end);
  }

  #open(held: HeldMessage): Opened {
    const { message } = held;
    const reading = readMessage(message);
    const isLast = message.receiveCount >= this.#dependencies.maxReceiveCount;
    const opened = { held, reading, last: isLast ? interruption(message, reading) : undefined };
    this.#opened.set(held, opened);
    return opened;
  }

  #begin(opened: readonly Opened[]): void {
    const together = opened.filter(({ last }) => last === undefined);
    if (together.length > 0) this.#track(this.#work(together));
    for (const { held, reading, last } of opened) {
      if (last) this.#track(this.#workLast({ held, reading, last }, last));
    }
  }

  #track(work: Promise<void>): void {
    this.#works.add(work);
    void work.finally(() => this.#works.delete(work));
  }

  /**
   * A crash puts every message that is in hand on its last allowed receive in the DLQ, whether its work had begun or not:
   * the reason is on record as soon as it can be. Then they are worked on one after the other, so that one that brings
   * the process down leaves those before it stored; one that is held up does not keep the others waiting for long.
   */
  async #workLast(one: Opened, last: Failure): Promise<void> {
    const { clock, failures } = this.#dependencies;
    this.#explained.add(last);
    await this.#unlessInterrupted(one, async () => {
      await this.#guard.execute(last.failureId, () => failures.recordInterruption(last), this.#noMoreTime.signal);
      const done = new AbortController();
      const turn = this.#nextTurn;
      this.#nextTurn = turn.then(() => clock.sleep(longestTurnMs, done.signal));
      await turn;
      await this.#work([one]);
      done.abort();
    });
  }

  async #work(opened: readonly Opened[]): Promise<void> {
    const results = this.#writes.store(opened.map(({ reading }) => reading.events));
    await Promise.all(
      opened.map((one, index) =>
        this.#unlessInterrupted(one, async () => {
          const rejected = (await results[index]) ?? [];
          await this.#settle(one, rejected);
        }),
      ),
    );
  }

  async #settle({ held, reading, last }: Opened, rejected: Parameters<typeof settle>[0]['rejected']): Promise<void> {
    const settlement = await settle({ held, reading, rejected, interruption: last }, this.#settling);
    this.#opened.delete(held);
    reportSettlement(held.message, reading.events, settlement, this.#dependencies);
  }

  /** What the stop interrupts stays in hand and is handed back; any other error is ours, and the message comes again. */
  async #unlessInterrupted({ held }: Opened, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#noMoreTime.signal.aborted) return;
      this.#inHand.drop(held);
      this.#opened.delete(held);
      this.#dependencies.log.error(
        { err: error, messageId: held.message.messageId },
        'message not settled, it comes again',
      );
    }
  }
}
