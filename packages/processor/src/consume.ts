import type { LoopWatch } from '@waybill/shared/health.ts';
import type { ReceivedMessage } from '@waybill/shared/message-queue.ts';
import { billedRequests } from '@waybill/shared/metrics.ts';
import { limits } from '@waybill/shared/resources.ts';
import { type Backoff, backoffMs } from '@waybill/shared/retry.ts';
import { DeleteBatcher } from './delete-batcher.ts';
import { type BreakerState, EngineGuard } from './engine-guard.ts';
import type { Failure } from './failure-log.ts';
import { interruption, type MessageReading, readMessage } from './message-reading.ts';
import { type HeldMessage, MessagesInHand } from './messages-in-hand.ts';
import type { ProcessorDependencies } from './processor.ts';
import { handBack, type SettleDependencies, settle } from './settle.ts';
import { storeEvents } from './work.ts';

type ConsumeDependencies = ProcessorDependencies & {
  readonly loops: LoopWatch;
  readonly maxReceiveCount: number;
  readonly onBreaker: (state: BreakerState) => void;
};

/** A message in hand, what it says, and, on its last allowed receive, what is on record while it is worked on. */
type Opened = { readonly held: HeldMessage; readonly reading: MessageReading; readonly last: Failure | undefined };

/** Full receives in hand for each receiver: one is worked on while the next is taken. */
const handfulsPerReceiver = 2;
/** How often a receiver that may not receive looks whether it may. */
const pauseMs = 100;
const receiveBackoff: Backoff = { firstMs: 200, maxMs: 10_000 };
/** A receiver that is silent for longer than its long poll and this hangs. */
const receiverSilenceMs = 60_000;
/** Part of the stop timeout after which work that is not done is handed back instead of finished. */
const finishShare = 0.5;
const breakerGauge: Record<BreakerState, number> = { closed: 0, 'half-open': 1, open: 2 };

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
  const finished = new AbortController();
  const deadline = clock.sleep(settings.stopTimeoutSeconds * 1_000 * finishShare, finished.signal);
  await Promise.all([...receivers, consumption.finish(deadline)]);
  finished.abort();
  heartbeatEnds.abort();
  await heartbeat;
  loops.forget('heartbeat');
}

class Consumption {
  readonly #dependencies: ConsumeDependencies;
  readonly #settling: SettleDependencies;
  readonly #guard: EngineGuard;
  readonly #inHand: MessagesInHand;
  readonly #noMoreTime = new AbortController();
  readonly #works = new Set<Promise<void>>();
  readonly #opened = new Map<HeldMessage, Opened>();
  /** Messages on their last allowed receive, one after the other. */
  #alone: Promise<void> = Promise.resolve();
  #receiving = 0;

  constructor(dependencies: ConsumeDependencies) {
    const { log, clock, random, metrics, queue, failures, settings } = dependencies;
    this.#dependencies = dependencies;
    this.#guard = new EngineGuard({
      clock,
      random,
      concurrency: settings.writeConcurrency,
      onEngineError: (error, waitMs) => {
        metrics['waybill.store.errors'].add(1, { error: error instanceof Error ? error.name : 'unknown' });
        log.warn({ err: error, waitMs }, 'DynamoDB failed, the work is held');
      },
      onStateChange: (state) => {
        metrics['waybill.processor.breaker'].record(breakerGauge[state]);
        dependencies.onBreaker(state);
        log.warn({ breaker: state, inHand: this.#inHand.count }, 'breaker changed');
      },
    });
    this.#inHand = new MessagesInHand({
      queue,
      clock,
      visibilityTimeoutSeconds: settings.visibilityTimeoutSeconds,
      onRenewal: () => {
        metrics['waybill.queue.visibility_changes'].add(1);
        metrics['waybill.queue.billed'].add(1, { action: 'ChangeMessageVisibilityBatch' });
      },
      onRenewalFailure: (error) => log.warn({ err: error }, 'visibility not renewed, trying again'),
      onLost: ({ messageId }) => log.warn({ messageId }, 'message lost: its visibility ended, it comes again'),
      onCount: (held) => metrics['waybill.processor.in_hand'].record(held),
    });
    const signal = this.#noMoreTime.signal;
    const deletes = new DeleteBatcher(
      {
        queue,
        clock,
        random,
        onDelete: () => {
          metrics['waybill.queue.deletes'].add(1);
          metrics['waybill.queue.billed'].add(1, { action: 'DeleteMessageBatch' });
        },
        onFailure: (error) => log.warn({ err: error }, 'messages not deleted, trying again'),
      },
      signal,
    );
    const guard = this.#guard;
    const inHand = this.#inHand;
    this.#settling = { log, clock, random, metrics, queue, failures, guard, deletes, inHand, signal };
  }

  keepHeartbeat(signal: AbortSignal): Promise<void> {
    return this.#inHand.run(signal, this.#dependencies.loops.watch('heartbeat', receiverSilenceMs));
  }

  /** One receive loop. A poll under way when the stop comes is let end, and what it brings is handed back. */
  async receiveUntil(stopping: AbortSignal, name: string): Promise<void> {
    const { clock, random, log, loops, settings } = this.#dependencies;
    const tick = loops.watch(name, settings.receiveWaitSeconds * 1_000 + receiverSilenceMs);
    let failures = 0;
    while (!stopping.aborted) {
      tick();
      if (!this.#mayReceive()) {
        await clock.sleep(pauseMs, stopping);
        continue;
      }
      try {
        const opened = await this.#receive();
        failures = 0;
        if (!stopping.aborted) this.#begin(opened);
        else await Promise.all(opened.map(({ held, last }) => handBack(held, last, this.#settling)));
      } catch (error) {
        const waitMs = backoffMs(failures, receiveBackoff, random);
        failures += 1;
        log.warn({ err: error, waitMs }, 'receive failed, trying again');
        await clock.sleep(waitMs, stopping);
      }
    }
    loops.forget(name);
  }

  /** Waits for the work in hand, until the deadline; hands back what is left then. */
  async finish(deadline: Promise<void>): Promise<void> {
    const worked = (async () => {
      while (this.#works.size > 0) await Promise.all(this.#works);
    })();
    await Promise.race([worked, deadline]);
    this.#noMoreTime.abort();
    await Promise.all(
      this.#inHand.remaining().map((held) => handBack(held, this.#opened.get(held)?.last, this.#settling)),
    );
  }

  /** While the engine is down nothing is received; should nothing be in hand to probe it with, one receiver fetches a probe. */
  #mayReceive(): boolean {
    if (this.#guard.state !== 'closed') return this.#inHand.count === 0 && this.#receiving === 0;
    const room = this.#dependencies.settings.receivers * handfulsPerReceiver * limits.batchEntries - this.#inHand.count;
    return room >= (this.#receiving + 1) * limits.batchEntries;
  }

  async #receive(): Promise<Opened[]> {
    const { clock, metrics, queue, maxReceiveCount } = this.#dependencies;
    this.#receiving += 1;
    let messages: readonly ReceivedMessage[];
    try {
      metrics['waybill.queue.receives'].add(1);
      messages = await queue.receive();
    } finally {
      this.#receiving -= 1;
    }
    const bytes = messages.reduce((sum, { body }) => sum + body.length, 0);
    metrics['waybill.queue.billed'].add(billedRequests(bytes), { action: 'ReceiveMessage' });
    if (messages.length === 0) return [];
    metrics['waybill.queue.received'].add(messages.length);
    const oldest = Math.min(...messages.map(({ sentAtMs }) => sentAtMs));
    metrics['waybill.queue.message_age'].record(Math.max(0, clock.now() - oldest) / 1_000);
    return this.#inHand.take(messages).map((held) => {
      const reading = readMessage(held.message);
      const last = held.message.receiveCount >= maxReceiveCount ? interruption(held.message, reading) : undefined;
      const opened = { held, reading, last };
      this.#opened.set(held, opened);
      return opened;
    });
  }

  #begin(opened: readonly Opened[]): void {
    const together = opened.filter(({ last }) => last === undefined);
    if (together.length > 0) this.#track(this.#work(together));
    for (const one of opened) {
      if (one.last === undefined) continue;
      this.#alone = this.#alone.then(() => this.#workAlone(one, one.last));
      this.#track(this.#alone);
    }
  }

  #track(work: Promise<void>): void {
    this.#works.add(work);
    void work.finally(() => this.#works.delete(work));
  }

  /** On the last allowed receive a crash would put the message in the DLQ: the reason is on record first. */
  async #workAlone(one: Opened, last: Failure | undefined): Promise<void> {
    const { failures } = this.#dependencies;
    await this.#unlessInterrupted(one, async () => {
      if (last) await this.#guard.hold(() => failures.recordInterruption(last), this.#noMoreTime.signal);
      await this.#work([one]);
    });
  }

  async #work(opened: readonly Opened[]): Promise<void> {
    const { log, metrics, parcels } = this.#dependencies;
    const signal = this.#noMoreTime.signal;
    const work = { log, metrics, parcels, guard: this.#guard, signal };
    const results = storeEvents(
      opened.map(({ reading }) => reading.events),
      work,
    );
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
    const { clock, log, metrics } = this.#dependencies;
    const settlement = await settle({ held, reading, rejected, interruption: last }, this.#settling);
    this.#opened.delete(held);
    const { messageId, receiveCount } = held.message;
    const ids = reading.events.map((event) => event.eventId);
    const span = ids.length > 0 && { firstEventId: Math.min(...ids), lastEventId: Math.max(...ids) };
    log.info({ messageId, receiveCount, events: ids.length, ...span, settlement }, 'message settled');
    if (ids.length === 0) return;
    const oldest = reading.events.map((event) => event.createdDateTimeUtc).reduce((a, b) => (a < b ? a : b));
    metrics['waybill.processor.scan_to_state'].record(Math.max(0, clock.now() - Date.parse(oldest)) / 1_000);
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
