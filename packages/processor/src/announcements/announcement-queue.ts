import type { BreakerState } from '@waybill/consumer/guard/breaker-state.ts';
import { Guard } from '@waybill/consumer/guard/guard.ts';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import { type Announcement, packAnnouncements } from '@waybill/shared/domain/announcement.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import { calmLog } from '@waybill/shared/process/calm-log.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageSender, OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { batchesOf, refused } from '@waybill/shared/queue/send.ts';
import { carrying, gatheredSpan } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import type { TraceSpan } from '@waybill/shared/telemetry/traces/trace-span.ts';

/** A queue that announcements go to, and what it is called in log, metrics and readiness. */
export type AnnouncementTarget = { readonly name: string; readonly sender: MessageSender };

export type AnnouncementQueueDependencies = AnnouncementTarget & {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
};

/** Bytes that a pack aims at, as `MESSAGE_MAX_BYTES`: 60 KiB is one billed request, and some 600 announcements. */
const packBytes = 61_440;
/** Time in which the announcements of other messages may join a send: at a hundred milestones per second, ten share one. */
const lingerMs = 100;
/** Sends at once. What comes while these are under way is gathered for the next. */
export const sendsAtOnce = 4;

const breakerGauge: Record<BreakerState, number> = { closed: 0, 'half-open': 1, open: 2 };
const heldText = 'announcement queue failed, announcements are held';

/** One queue of announcements: gathers them, sends them in packs, and holds them for as long as it does not take them. */
export class AnnouncementQueue {
  readonly #deps: AnnouncementQueueDependencies;
  #guard: Guard<'sends'> | undefined;
  /** For the next send. */
  #gathered: Announcement[] = [];
  /** Of the messages that brought them, as far as these are traced. */
  #spans: TraceSpan[] = [];
  #nextSend: Promise<void> | undefined;

  constructor(deps: AnnouncementQueueDependencies) {
    this.#deps = deps;
    this.#record('closed');
  }

  get name(): string {
    return this.#deps.name;
  }

  get state(): BreakerState {
    return this.#guard?.state ?? 'closed';
  }

  /** Resolves once the queue has confirmed every one. Rejects once `signal` aborts, which is the same in every call. */
  announce(announcements: readonly Announcement[], signal: AbortSignal, span?: TraceSpan): Promise<void> {
    if (span) this.#spans.push(span);
    for (const announcement of announcements) this.#gathered.push(announcement);
    this.#nextSend ??= this.#send(signal);
    return this.#nextSend;
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { name, sender, clock, metrics } = this.#deps;
    this.#guard ??= this.#open(signal);
    await clock.sleep(lingerMs, signal);
    let count = 0;
    let unconfirmed: readonly OutgoingMessage[] | undefined;
    let traced: readonly TraceSpan[] = [];
    const call = async () => {
      // Only now: while the queue is away, all that waits is one send.
      if (!unconfirmed) {
        const announcements = this.#take();
        count = announcements.length;
        const messages = packAnnouncements(announcements, packBytes).map((body) => ({ body }));
        const spans = this.#spans;
        if (spans.length === 0) unconfirmed = messages;
        else {
          this.#spans = [];
          traced = messages.flatMap((message) => gatheredSpan(spans, name, message) ?? []);
          unconfirmed = messages.map((message, index) => carrying(message, traced[index]));
        }
      }
      while (unconfirmed.length > 0) {
        const [batch = []] = batchesOf(unconfirmed);
        const failures = await sender.sendBatch(batch);
        const again = failures.flatMap(({ index }) => batch[index] ?? []);
        unconfirmed = [...again, ...unconfirmed.slice(batch.length)];
        if (failures.length > 0) throw refused(failures);
      }
    };
    await this.#guard.execute(name, call, signal, 'sends');
    for (const span of traced) span.end();
    metrics['waybill.announcements.sent'].add(count, { queue: name });
  }

  #take(): readonly Announcement[] {
    const announcements = this.#gathered;
    this.#gathered = [];
    this.#nextSend = undefined;
    return announcements;
  }

  #open(signal: AbortSignal): Guard<'sends'> {
    const { name, log } = this.#deps;
    const calm = calmLog(this.#deps);
    return new Guard({
      ...this.#deps,
      engine: name,
      lanes: { sends: sendsAtOnce },
      // Announcements are ours alone: what the queue does not take is never their fault.
      faultOf: () => 'engine',
      onEngineError: (err, waitMs) => calm.warn({ err, queue: name, waitMs: Math.round(waitMs) }, heldText),
      onStateChange: (breaker) => {
        this.#record(breaker);
        const text = 'breaker of an announcement queue changed';
        // While the queue is away it changes with every probe.
        if (breaker !== 'closed') return calm.warn({ queue: name, breaker }, text);
        log.warn({ queue: name, breaker }, text);
        calm.over(text);
        calm.over(heldText, 'announcement queue works again');
      },
      signal,
    });
  }

  #record(breaker: BreakerState): void {
    const { name, metrics } = this.#deps;
    metrics['waybill.announcements.breaker'].record(breakerGauge[breaker], { queue: name });
  }
}
