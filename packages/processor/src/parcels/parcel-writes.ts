import type { Guard } from '@waybill/consumer/guard/guard.ts';
import type { Clock } from '@waybill/shared/clock.ts';
import { mergeMilestones } from '@waybill/shared/domain/milestones.ts';
import { bounded, merge, type ParcelState, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { hasCode, type WaybillError } from '@waybill/shared/error.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { Calls, MessageScans, PendingMessage, Rejected, StoredScans, Write } from './parcel-write.ts';
import { rejectedFor, rejectedOneByOne } from './rejected-events.ts';
import { Rejections } from './rejections.ts';
import { takeOff, throttledSince } from './throttled-rest.ts';
import { type SeenMilestones, type WriteOutcome, writeParcel } from './write-parcel.ts';

export type ParcelWritesDependencies = {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly parcels: ParcelTable;
  /** Some messages are announced: then each write tells the milestones that are stored. */
  readonly isAnnouncing: boolean;
};

const none: Rejected = new Map();

/**
 * The writes of this process: at most one of a parcel is under way, and at most one waits. Events that arrive meanwhile join
 * the one that waits. So the further the processor is behind, the fewer writes an event costs; no two of its own writes race;
 * and a parcel scanned ten thousand times in a moment is written as often as one write after the other can be, while the
 * others go on.
 */
export class ParcelWrites {
  readonly #deps: ParcelWritesDependencies;
  readonly #waiting = new Map<number, Write>();
  readonly #underWay = new Map<number, Write>();
  readonly #rejections: Rejections;
  readonly #messages = new Map<MessageScans, PendingMessage>();

  constructor(deps: ParcelWritesDependencies) {
    this.#deps = deps;
    this.#rejections = new Rejections(deps.parcels, deps.clock);
  }

  /** Parcels whose write has not begun. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Stores the events of messages that were received together, folded per parcel across the messages and with those that
   * wait already. Returns, for each message, a promise of what became of its events, so that no message waits for a parcel
   * that it does not mention. A promise rejects with the engine's error once the signal aborts.
   */
  store(messages: readonly MessageScans[], guard: Guard<'parcels'>, signal: AbortSignal): Promise<StoredScans>[] {
    const begun: Write[] = [];
    const calls = { guard, signal };
    const results = messages.map((scans) => {
      const { promise, resolve, reject } = Promise.withResolvers<StoredScans>();
      const milestones = scans.isAnnounced ? new Map() : undefined;
      const message: PendingMessage = { scans, remaining: 0, rejected: [], milestones, resolve, reject };
      for (const event of scans.events) this.#join(event, message, calls, begun);
      if (message.remaining === 0) resolve(storedOf(message));
      else this.#messages.set(scans, message);
      return promise;
    });
    for (const write of begun) if (!this.#underWay.has(write.parcelId)) void this.#run(write);
    return results;
  }

  /** Since when all that the message still waits for has been throttled, monotonic milliseconds; undefined where it waits for something else. */
  throttledSince(scans: MessageScans): number | undefined {
    const message = this.#messages.get(scans);
    return message && throttledSince(message, { waiting: this.#waiting, underWay: this.#underWay });
  }

  /** Ends the wait of a message: its promise resolves with what became of it so far. Returns its events that are not stored. */
  giveUp(scans: MessageScans): readonly ScanEvent[] {
    const message = this.#messages.get(scans);
    if (!message) return [];
    const rest = takeOff(message, { waiting: this.#waiting, underWay: this.#underWay });
    this.#messages.delete(scans);
    message.resolve(storedOf(message));
    return rest;
  }

  #join(event: ScanEvent, message: PendingMessage, calls: Calls, begun: Write[]): void {
    const { parcelId } = event;
    const open = this.#waiting.get(parcelId);
    if (!open) {
      const write: Write = {
        parcelId,
        calls,
        events: [event],
        change: this.#changeOf(event),
        milestones: undefined,
        messages: [message],
        throttledAt: undefined,
        isAbandoned: false,
      };
      message.remaining += 1;
      this.#waiting.set(parcelId, write);
      begun.push(write);
      return;
    }
    open.events.push(event);
    open.change = bounded(merge(open.change, stateOf(event)), this.#deps.parcels.historyEvents);
    if (open.messages.at(-1) === message) return;
    message.remaining += 1;
    open.messages.push(message);
  }

  #changeOf(event: ScanEvent): ParcelState {
    return bounded(stateOf(event), this.#deps.parcels.historyEvents);
  }

  /** Runs one write, then the next one for this parcel. Never rejects. */
  async #run(write: Write): Promise<void> {
    const { parcelId, messages } = write;
    this.#underWay.set(parcelId, write);
    const begin = () => {
      if (this.#waiting.get(parcelId) === write) this.#waiting.delete(parcelId);
    };
    try {
      const rejected = await this.#storeParcel(write, () => {
        begin();
        return write.change;
      });
      for (const message of messages) this.#resolvePart(message, write, rejected);
    } catch (error) {
      begin();
      for (const message of messages) {
        this.#messages.delete(message.scans);
        message.reject(error);
      }
    }
    this.#underWay.delete(parcelId);
    const next = this.#waiting.get(parcelId);
    if (next) void this.#run(next);
  }

  /** One of its parcels is stored. */
  #resolvePart(message: PendingMessage, { parcelId, milestones }: Write, rejected: Rejected): void {
    message.remaining -= 1;
    // Nearly always empty; looking up every event in every parcel's result is not free.
    if (rejected.size > 0) message.rejected.push(rejected);
    if (milestones) message.milestones?.set(parcelId, milestones);
    if (message.remaining > 0) return;
    this.#messages.delete(message.scans);
    message.resolve(storedOf(message));
  }

  /**
   * One parcel's events in one write; where the store rejects that, one by one, to find whose fault it is.
   *
   * @param begin returns the change; from then on nothing joins it
   */
  async #storeParcel(write: Write, begin: () => ParcelState): Promise<Rejected> {
    const { events } = write;
    const rejection = await this.#rejectionOf(write, events, begin);
    if (!rejection) return none;
    if (events.length === 1) return rejectedFor(rejection, events);
    return await rejectedOneByOne(events, (event) => this.#rejectionOf(write, [event], () => this.#changeOf(event)));
  }

  /** Why the store rejects these events in one write; nothing when they are stored. */
  async #rejectionOf(
    write: Write,
    events: readonly ScanEvent[],
    begin: () => ParcelState,
  ): Promise<WaybillError | undefined> {
    try {
      await this.#storeChange(write, events, begin);
      return undefined;
    } catch (error) {
      if (hasCode(error, 'STORE_REJECTED')) return error;
      throw error;
    }
  }

  async #storeChange(write: Write, events: readonly ScanEvent[], begin: () => ParcelState): Promise<void> {
    const { parcels, metrics, log, isAnnouncing } = this.#deps;
    const { parcelId, calls } = write;
    const { guard, signal } = calls;
    const seen: SeenMilestones | undefined = isAnnouncing ? { milestones: {} } : undefined;
    let change: ParcelState | undefined;
    const call = () => {
      change = begin();
      return writeParcel(parcels, change, this.#rejections, seen);
    };
    const outcome = await guard.execute(`parcel-${parcelId}`, call, signal, 'parcels', write);
    if (change && outcome !== 'redundant') this.#rejections.stored(change);
    if (seen) write.milestones = mergeMilestones(write.milestones ?? seen.milestones, seen.milestones);
    metrics['waybill.processor.outcomes'].add(1, outcomes[outcome]);
    metrics['waybill.processor.events'].add(events.length);
    if (log.isLevelEnabled('debug')) {
      log.debug({ parcelId, eventIds: events.map((event) => event.eventId), outcome }, 'parcel written');
    }
  }
}

/** One object each: OpenTelemetry remembers none, but need not be handed a new one for every write. */
const outcomes: Readonly<Record<WriteOutcome, { readonly outcome: WriteOutcome }>> = {
  applied: { outcome: 'applied' },
  merged: { outcome: 'merged' },
  redundant: { outcome: 'redundant' },
};

function storedOf({ scans, rejected, milestones }: PendingMessage): StoredScans {
  const rejectedBy = (each: Rejected) =>
    scans.events.flatMap((event) => {
      const detail = each.get(event);
      return detail === undefined ? [] : [{ event, detail }];
    });
  return { scans, rejected: rejected.flatMap(rejectedBy), milestones };
}
