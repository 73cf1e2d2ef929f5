import type { BatchStatus } from '@waybill/operations/batches/batch-status.ts';
import { statusOf } from '@waybill/operations/batches/batch-view.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { carriedBy, keyOf } from './oracle.ts';
import type { SimulatedBatch, SimulatedBatches } from './simulated-batches.ts';
import type { QueuedMessage, SimulatedQueue } from './simulated-queue.ts';

export type BatchJudgeOptions = {
  readonly batches: () => SimulatedBatches;
  readonly queue: () => Pick<SimulatedQueue, 'deadLetters'>;
  readonly isStored: (event: ScanEvent) => boolean;
  readonly isHarmed: (message: QueuedMessage) => boolean;
  readonly isUnresolved: (failureId: string) => boolean;
  readonly violate: (what: string) => void;
  readonly count: (fact: string) => void;
};

/** Judges what partners are told of their pushes: at the answer, at each write of a batch, and when all has come to rest. */
export class BatchJudge {
  readonly #options: BatchJudgeOptions;
  /** What was accepted with each batch: its events. */
  readonly #events = new Map<string, Map<string, ScanEvent>>();
  /** Events that SQS confirmed as a batch's, by batch. */
  readonly #confirmed = new Map<string, Set<string>>();
  /** Batches that were answered with 202. */
  readonly #accepted = new Set<string>();

  constructor(options: BatchJudgeOptions) {
    this.#options = options;
  }

  /** SQS told a sender that these are on the queue. */
  confirmed(messages: readonly OutgoingMessage[]): void {
    for (const { body, attributes } of messages) {
      const batchId = attributes?.['batchId'];
      if (batchId === undefined) continue;
      const names = this.#confirmed.get(batchId) ?? new Set();
      this.#confirmed.set(batchId, names);
      for (const { name, event } of eventsOf(body)) {
        names.add(name);
        this.#eventsOf(batchId).set(name, event);
      }
    }
  }

  /** The API answers 202 with this batch to a push of these events. */
  accepted(batchId: string, events: readonly ScanEvent[]): void {
    const { violate } = this.#options;
    this.#accepted.add(batchId);
    const confirmed = this.#confirmed.get(batchId);
    const missing = events.map(keyOf).filter((name) => !confirmed?.has(name));
    if (missing.length > 0)
      violate(`${batchId} is answered with 202 before SQS confirmed ${missing.length} of its events: ${missing[0]}`);
    for (const event of events) this.#eventsOf(batchId).set(keyOf(event), event);
    const batch = this.#options.batches().batches.get(batchId);
    if (batch?.state !== 'sent') violate(`${batchId} is answered with 202 and is ${batch?.state ?? 'not there'}`);
    if (batch?.accepted !== events.length) violate(`${batchId} has ${batch?.accepted} events, not ${events.length}`);
  }

  /** Nothing pending: then each event is stored, or on record as failed. */
  written(batch: SimulatedBatch): void {
    if (batch.state !== 'sent' || batch.pending.size > 0) return;
    const { isStored, violate } = this.#options;
    for (const event of this.#eventsOf(batch.batchId).values())
      if (!isStored(event) && !batch.failed.has(`event-${event.eventId}`))
        violate(
          `${batch.batchId} is ${statusOfBatch(batch)}, and its event ${event.eventId} is neither stored nor failed`,
        );
  }

  /** All that can be done is done; what is at fault lies in the dead-letter queue. */
  judgeSettled(): void {
    const { violate, queue, isHarmed, isUnresolved, count } = this.#options;
    const dead = [...queue().deadLetters.values()];
    for (const batch of this.#sent()) {
      const { batchId, pending, failed } = batch;
      count(`batches ${statusOfBatch(batch)} at rest`);
      const own = dead.filter(({ attributes }) => attributes['batchId'] === batchId);
      for (const part of pending)
        if (!own.some(({ attributes }) => attributes['batchPart'] === String(part)))
          violate(`part ${part} of ${batchId} is pending, and no message of it is left`);
      // Of an event that was read by the poller, too, that copy may be cured, and the record that they share with it.
      const lies = (failureId: string) => own.some(({ attributes }) => attributes['failureId'] === failureId);
      for (const failureId of failed)
        if (!isUnresolved(failureId) && !lies(failureId))
          violate(`${batchId} has ${failureId} as failed, which is neither on record as such nor in the DLQ`);
      for (const message of own) {
        const failureId = message.attributes['failureId'];
        if (message.attributes['batchPart'] !== undefined || failureId === undefined || !isHarmed(message)) continue;
        if (!failed.has(failureId)) violate(`${failureId} of ${batchId} is in the DLQ, and not failed in its batch`);
      }
    }
  }

  /** Nothing is at fault any more, and everything was redriven. */
  judgeHealed(): void {
    for (const batch of this.#sent()) {
      const status = statusOfBatch(batch);
      if (status === 'completed') continue;
      const left = [...batch.pending, ...batch.failed].join(', ');
      this.#options.violate(`${batch.batchId} is ${status} after everything was redriven: ${left}`);
    }
  }

  *#sent(): Iterable<SimulatedBatch> {
    const { batches, violate } = this.#options;
    for (const batch of batches().batches.values()) {
      if (batch.state === 'sent') yield batch;
      else if (this.#accepted.has(batch.batchId))
        violate(`${batch.batchId} was answered with 202 and is ${batch.state}`);
    }
  }

  #eventsOf(batchId: string): Map<string, ScanEvent> {
    const events = this.#events.get(batchId) ?? new Map();
    this.#events.set(batchId, events);
    return events;
  }
}

function eventsOf(body: string): readonly { readonly name: string; readonly event: ScanEvent }[] {
  return carriedBy(body).events.map((event) => ({ name: keyOf(event), event }));
}

function statusOfBatch({ state, packs, pending, failed }: SimulatedBatch): BatchStatus {
  return statusOf({ isSent: state === 'sent', packs, packsPending: pending.size, hasFailed: failed.size > 0 });
}
