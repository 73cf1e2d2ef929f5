import { createHash } from 'node:crypto';
import type { Failure } from '@waybill/consumer/failures/failure-log.ts';
import type { StoredCheckpoint } from '@waybill/shared/checkpoint/checkpoint-store.ts';
import { decodeGaps } from '@waybill/shared/checkpoint/stored-gaps.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { StoredParcel } from '@waybill/shared/parcels/parcel-table.ts';
import type { OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import type { AnnouncementJudge } from './announcement-judge.ts';
import type { BatchJudge } from './batch-judge.ts';
import { carriedBy, keyOf, parcelOf } from './oracle.ts';
import type { ParcelJudge } from './parcel-judge.ts';
import type { ReceiveJudge } from './receive-judge.ts';
import type { FailureRecord, SimulatedFailureLog } from './simulated-failure-log.ts';
import type { FeedElement } from './simulated-feed.ts';
import type { SimulatedParcelTable, Writer } from './simulated-parcel-table.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { QueuedMessage, SimulatedQueue } from './simulated-queue.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What the witness looks at when it judges; made after it, since all of them report to it. */
export type Scene = {
  readonly queue: SimulatedQueue;
  readonly parcels: SimulatedParcelTable;
  readonly failures: SimulatedFailureLog;
  readonly feed: readonly FeedElement[];
  readonly judge: ReceiveJudge;
  readonly parcelJudge: ParcelJudge;
  readonly batchJudge: BatchJudge;
  /** Where processors announce. */
  readonly announcements: AnnouncementJudge | undefined;
};

type ServedPage = {
  readonly fromEventId: number;
  readonly elements: readonly FeedElement[];
  /** Asked for behind the checkpoint: to see whether something has turned up there. */
  readonly isBehind: boolean;
};

/** Messages that a holder may still send after its lease went to another: what was on its way, and no more than that. */
const mostSentAfterLoss = 40;

/**
 * Times that pollers may send one element: again after each takeover and reset, and with each try of a send whose answer
 * was lost; nine were seen. Far more is a loop that sends without end.
 */
const mostSentOver = 100;

/**
 * Sees everything that happens to the engines, and says at once when a promise of design.md is broken. Knows nothing of
 * how poller and processor work.
 */
export class Witness {
  readonly violations: string[] = [];
  /** Every event that was put on the queue, by its name; and what was put there and is not an event. */
  readonly passedOn = new Map<string, ScanEvent>();
  readonly badPassedOn = new Set<string>();
  readonly facts = new Map<string, number>();
  readonly #time: VirtualTime;
  #scene: Scene | undefined;
  readonly #confirmed = new Set<string>();
  /** How often pollers have sent each element, by its name. */
  readonly #timesSent = new Map<string, number>();
  readonly #inFeed = new Set<string>();
  /** How many elements stand at each place of the feed. */
  readonly #contents = new Map<number, number>();
  readonly #pages = new Map<SimulatedProcess, ServedPage[]>();
  #holder: SimulatedProcess | undefined;
  #token = 0;
  #lastEventId = 0;
  readonly #sentAfterLoss = new Map<SimulatedProcess, number>();

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  attach(scene: Scene): void {
    this.#scene = scene;
    for (const { name, position } of scene.feed) {
      this.#inFeed.add(name);
      this.#contents.set(position, (this.#contents.get(position) ?? 0) + 1);
    }
  }

  violate(what: string): void {
    this.violations.push(`at ${(this.#time.nowMs / 1_000).toFixed(3)} s: ${what}`);
  }

  /** Counts something worth knowing that it happens at all. */
  count(fact: string): void {
    this.facts.set(fact, (this.facts.get(fact) ?? 0) + 1);
  }

  // The poller.

  pageServed(process: SimulatedProcess, fromEventId: number, elements: readonly FeedElement[]): void {
    if (elements.length === 0) return;
    const pages = this.#pages.get(process) ?? [];
    // From the checkpoint's own id on, a page goes on with the reading.
    const isBehind = fromEventId < this.#lastEventId;
    // The one content of the checkpoint's own id was sent, or an operator has set the checkpoint there.
    const isKnown = ({ position }: FeedElement) =>
      position === this.#lastEventId && this.#contents.get(position) === 1 && fromEventId === position;
    pages.push({ fromEventId, elements: elements.filter((element) => !isKnown(element)), isBehind });
    if (isBehind) this.count('pages behind the checkpoint');
    this.#pages.set(process, pages);
    this.count('pages');
  }

  sent(process: SimulatedProcess, message: OutgoingMessage): void {
    const carried = carriedBy(message.body);
    const isPoller = process.name.startsWith('poller');
    const isApi = process.name.startsWith('api');
    for (const event of carried.events) {
      const name = keyOf(event);
      if (isPoller || isApi ? !this.#inFeed.has(name) : !this.passedOn.has(name))
        this.violate(`${process.name} sent an event that it cannot have got: ${name}`);
      this.#passOn(event);
    }
    for (const name of carried.bad) {
      if (isPoller ? !this.#inFeed.has(name) : !this.badPassedOn.has(name))
        this.violate(`${process.name} sent an element that it cannot have got: ${name}`);
      if (isApi) this.violate(`${process.name} sent what is no event: ${name}`);
      this.badPassedOn.add(name);
    }
    if (isPoller || isApi) this.#sceneNow.announcements?.brought(carried.events, message.attributes ?? {});
    if (isPoller) this.#sentByPoller(process, carried.keys);
    else if (!isApi) this.#sentByProcessor(process, message);
  }

  #passOn(event: ScanEvent): void {
    const name = keyOf(event);
    if (this.passedOn.has(name)) return;
    this.passedOn.set(name, event);
    this.#sceneNow.parcelJudge.passedOn(event);
  }

  /** Somebody else put it on the queue. */
  put(body: string, attributes: QueuedMessage['attributes']): void {
    const carried = carriedBy(body);
    this.#sceneNow.announcements?.brought(carried.events, attributes);
    for (const event of carried.events) this.#passOn(event);
    for (const name of carried.bad) this.badPassedOn.add(name);
  }

  /**
   * The sender was told, entry by entry, that these are on the queue. What was pushed does not count as confirmed to the
   * poller: its position moves by what it sent itself.
   */
  confirmed(messages: readonly OutgoingMessage[]): void {
    this.#sceneNow.batchJudge.confirmed(messages);
    for (const { body, attributes } of messages)
      if (attributes?.['batchId'] === undefined) for (const name of carriedBy(body).keys) this.#confirmed.add(name);
  }

  leaseTaken(process: SimulatedProcess, token: number): void {
    if (token <= this.#token) this.violate(`${process.name} took the lease with token ${token} after ${this.#token}`);
    if (this.#holder && this.#holder !== process) {
      this.#sentAfterLoss.set(this.#holder, 0);
      this.count('takeovers');
    }
    this.#sentAfterLoss.delete(process);
    this.#holder = process;
    this.#token = token;
    // Under a new lease everything is read anew from the checkpoint.
    this.#pages.delete(process);
  }

  checkpointWritten(
    process: SimulatedProcess,
    item: StoredCheckpoint,
    { token, lastEventId, openGaps }: { token: number; lastEventId: number | undefined; openGaps: string | undefined },
  ): void {
    if (token !== this.#token || process !== this.#holder)
      this.violate(
        `${process.name} wrote the checkpoint with token ${token}; the holder is ${this.#holder?.name ?? 'nobody'} with ${this.#token}`,
      );
    const forgotten = this.#forgottenBy(process, lastEventId ?? item.lastEventId ?? 0, openGaps);
    if (forgotten.length > 0)
      this.violate(
        `${process.name} closed gaps before SQS confirmed what was in them: ${forgotten.slice(0, 3).join(', ')}`,
      );
    if (lastEventId === undefined || lastEventId === item.lastEventId) return;
    this.#lastEventId = lastEventId;
    if (lastEventId < (item.lastEventId ?? 0))
      this.violate(`${process.name} moved the checkpoint back from ${item.lastEventId} to ${lastEventId}`);
    const missing = this.#unconfirmedOf(process, lastEventId, openGaps);
    if (missing.length > 0)
      this.violate(
        `${process.name} moved the checkpoint to ${lastEventId} before SQS confirmed ${missing.length} elements: ${missing.slice(0, 3).join(', ')}`,
      );
    this.count('checkpoint moves');
  }

  /** The watermark lies below the checkpoint and below every open gap. */
  watermarkWritten(process: SimulatedProcess, { watermark, lastEventId, openGaps }: StoredCheckpoint): void {
    if (watermark === undefined) return;
    const isWatched = watchedBy(openGaps, lastEventId ?? 0);
    if (this.#sceneNow.feed.some(({ position }) => position <= watermark && isWatched(position)))
      this.violate(`${process.name} wrote watermark ${watermark} beyond an open gap: ${openGaps}`);
    if (lastEventId === undefined || watermark > lastEventId)
      this.violate(`${process.name} wrote watermark ${watermark} beyond the checkpoint ${lastEventId}`);
    if (watermark !== lastEventId) this.count('watermarks below the checkpoint');
  }

  /** Until the next holder writes, readers of the item see no watermark beyond the checkpoint. */
  checkpointReset({ token, lastEventId = 0, watermark = 0 }: StoredCheckpoint): void {
    if (watermark > lastEventId) this.violate(`the reset to ${lastEventId} left watermark ${watermark}`);
    this.#lastEventId = lastEventId;
    this.#token = token;
    if (this.#holder) this.#sentAfterLoss.set(this.#holder, 0);
    this.#holder = undefined;
    this.count('resets');
  }

  /** Elements that the holder was served and that nobody was told are on the queue. */
  stillUnconfirmed(): readonly string[] {
    return this.#holder ? this.#unconfirmedOf(this.#holder, Number.POSITIVE_INFINITY) : [];
  }

  #unconfirmedOf(process: SimulatedProcess, lastEventId: number, openGaps?: string): string[] {
    const isWatched = watchedBy(openGaps, lastEventId);
    const pages = this.#pages.get(process) ?? [];
    const isOver = lastEventId === Number.POSITIVE_INFINITY;
    return (
      pages
        // Whoever takes over asks for the checkpoint's own id again, as a page does that follows a full one.
        .filter(({ fromEventId, isBehind }) => isOver || (fromEventId < lastEventId && !isBehind))
        .flatMap(({ elements }) => elements.filter(({ position }) => position <= lastEventId && !isWatched(position)))
        .map(({ name }) => name)
        .filter((name) => !this.#confirmed.has(name))
    );
  }

  /**
   * What was served where a gap had been, is not confirmed yet, and is in no gap that the next holder would ask for. What
   * stands out of place, or beside another content of its id, was no gap: it is confirmed in the end, as everything is.
   */
  #forgottenBy(process: SimulatedProcess, lastEventId: number, openGaps: string | undefined): string[] {
    const isWatched = watchedBy(openGaps, lastEventId);
    return (this.#pages.get(process) ?? [])
      .filter(({ isBehind }) => isBehind)
      .flatMap(({ fromEventId, elements }) =>
        elements.filter(
          ({ position, event }) =>
            event && position >= fromEventId && position <= lastEventId && this.#contents.get(position) === 1,
        ),
      )
      .filter(({ name, position }) => !this.#confirmed.has(name) && !isWatched(position))
      .map(({ name }) => name);
  }

  #sentByPoller(process: SimulatedProcess, names: ReadonlySet<string>): void {
    for (const name of names) {
      const times = (this.#timesSent.get(name) ?? 0) + 1;
      this.#timesSent.set(name, times);
      if (times === mostSentOver) this.violate(`${process.name} sent what was sent ${mostSentOver - 1} times: ${name}`);
    }
    const sent = this.#sentAfterLoss.get(process);
    if (sent === undefined) return;
    this.#sentAfterLoss.set(process, sent + 1);
    this.count('messages sent by a former holder');
    if (sent + 1 === mostSentAfterLoss)
      this.violate(`${process.name} sent ${mostSentAfterLoss} messages after its lease went to another`);
  }

  // The processor.

  #sentByProcessor(process: SimulatedProcess, message: OutgoingMessage): void {
    const { failures, queue } = this.#sceneNow;
    const failureId = message.attributes?.['failureId'];
    this.count('messages sent by a processor');
    if (message.attributes?.['sentOn'] !== undefined) this.count('throttled rests sent on');
    if (failureId === undefined || !this.#isHarmed(carriedBy(message.body))) return;
    // Handed back as it was: a stop came before the work on its last allowed receive.
    if ([...queue.messages.values()].some(({ body }) => body === message.body)) return;
    this.count('splits');
    if (!failures.records.has(failureId))
      this.violate(`${process.name} split ${failureId} off before its failure was on record`);
  }

  parcelWritten(writer: Writer, before: StoredParcel | undefined, after: StoredParcel): void {
    const { process } = writer;
    const { parcelId, latest } = after.state;
    this.#sceneNow.announcements?.written(after.state);
    for (const breach of this.#sceneNow.parcelJudge.breachesOf(writer, before, after)) this.violate(breach);
    if (before && before.state.latest.eventId === latest.eventId) this.count('late events merged');
    if (after.state.history.length === writer.historyEvents) this.count('histories at their bound');
    if (before && before.openedAtMs === undefined && after.openedAtMs !== undefined)
      this.count(
        before.state.milestones.delivery ? 'parcels opened again by a repair' : 'items of an old release marked',
      );
    if (before && before.state.history.length > writer.historyEvents)
      this.count('histories of another release trimmed');
    const unrecorded = this.#sceneNow.judge.unrecordedLastReceives(
      process,
      ({ carried }) => carried.events.some((event) => event.parcelId === parcelId),
      (message) => this.#isExplained(message),
    );
    if (unrecorded.length > 0)
      this.violate(
        `${process.name} worked on ${unrecorded.join(' or ')}, its last allowed receive, with no reason on record`,
      );
  }

  /** The message is about to be received again, or to be moved to the dead-letter queue. */
  visibleAgain(message: QueuedMessage): void {
    const last = message.receives.at(-1);
    if (!last) return;
    this.count('messages received again');
    if (last.returned !== undefined || this.#isHarmed(message.carried) || this.#sceneNow.judge.isExcused(last)) return;
    this.violate(`${message.id} came again while ${last.receiver.name}, alive and well, had it in hand`);
  }

  deadLettered(message: QueuedMessage): void {
    this.count('messages dead-lettered');
    const last = message.receives.at(-1);
    const isHarmed = this.#isHarmed(message.carried);
    const isSingle = message.carried.keys.size <= 1;
    const isExcused = last !== undefined && this.#sceneNow.judge.isExcused(last);
    if (!isExcused && !(isHarmed && isSingle))
      this.violate(`${message.id} is in the DLQ, though nothing is wrong with it and no crash took its last receive`);
    // One that was deleted and is a ghost was done: there is nothing to explain.
    const hadTime = last !== undefined && !last.deleted && this.#sceneNow.judge.hadTimeToRecord(last);
    // Of an event that is stored twice one copy may be put right, and its record with it, while the other is on its way
    // here. So may one of two contents under an id, which share their record.
    const isStored = message.carried.events.every(({ eventId }) =>
      this.#sceneNow.feed.some(({ event }) => event?.eventId === eventId && this.#sceneNow.parcelJudge.isStored(event)),
    );
    const isPutRight = isStored && message.carried.bad.length === 0 && this.recordsOf(message).length > 0;
    if ((!isExcused || hadTime) && !isPutRight && !this.#isExplained(message))
      this.violate(`${message.id} is in the DLQ without a reason on record`);
    if (!isHarmed) {
      this.count('unharmed messages dead-lettered');
      const ends = message.receives.map((receive) => this.#sceneNow.judge.endOf(receive));
      this.count(`unharmed after ${ends.join(', ')}`);
    }
  }

  deleted(message: QueuedMessage, receiver: SimulatedProcess): void {
    const { parcelJudge, announcements } = this.#sceneNow;
    announcements?.settled(message, message.carried.events, receiver);
    for (const event of message.carried.events) {
      if (!parcelJudge.isStored(event) && !this.isElsewhere(keyOf(event)))
        this.violate(`${receiver.name} deleted ${message.id} before event ${event.eventId} was stored or split off`);
    }
    for (const name of message.carried.unreadable ? [message.body] : message.carried.bad)
      if (!this.isElsewhere(name)) this.violate(`${receiver.name} deleted ${message.id} and with it the only ${name}`);
    this.count('messages deleted');
  }

  failureRecorded({ failureId, reason, body, parcelId }: Failure): void {
    const named = parcelOf(body);
    if (named === undefined) return;
    this.count('failures of a parcel on record');
    if (parcelId !== named)
      this.violate(`${failureId} is on record as ${reason} for parcel ${parcelId}, and is about ${named}`);
  }

  /** The reason for this message on record, unresolved. */
  isExplained(message: QueuedMessage): boolean {
    return this.#isExplained(message);
  }

  /** What is on record of this message, by every id that it may have there. */
  recordsOf({ body, attributes, carried }: QueuedMessage): readonly FailureRecord[] {
    const { records } = this.#sceneNow.failures;
    const [event] = carried.events;
    const element = JSON.parse(carried.bad[0] ?? 'null');
    const eventId = event?.eventId ?? element?.EventId ?? element?.eventId;
    const candidates = [
      attributes['failureId'],
      `body-${createHash('sha256').update(body).digest('hex')}`,
      carried.keys.size === 1 && eventId !== undefined ? `event-${eventId}` : undefined,
    ];
    return candidates.flatMap((id) => (id === undefined ? [] : (records.get(id) ?? [])));
  }

  isHarmed(message: QueuedMessage): boolean {
    return this.#isHarmed(message.carried);
  }

  isElsewhere(name: string): boolean {
    const { queue } = this.#sceneNow;
    const carries = (message: QueuedMessage) => message.carried.keys.has(name);
    return [...queue.messages.values()].some(carries) || [...queue.deadLetters.values()].some(carries);
  }

  /** Whether something in it cannot be stored as things are. */
  #isHarmed({ events, bad, unreadable }: QueuedMessage['carried']): boolean {
    const { rejected } = this.#sceneNow.parcels;
    return unreadable || bad.length > 0 || events.some((event) => rejected.has(event.eventId));
  }

  #isExplained(message: QueuedMessage): boolean {
    return this.recordsOf(message).some(({ resolved }) => !resolved);
  }

  get #sceneNow(): Scene {
    if (!this.#scene) throw new Error('the witness was not attached');
    return this.#scene;
  }
}

/** Whether an id is in one of these gaps, so that whoever takes over asks for it again. */
function watchedBy(openGaps: string | undefined, lastEventId: number): (eventId: number) => boolean {
  const gaps = openGaps === undefined ? [] : (decodeGaps(openGaps, lastEventId, 0) ?? []);
  return (eventId) => gaps.some(({ from, to }) => from <= eventId && eventId <= to);
}
