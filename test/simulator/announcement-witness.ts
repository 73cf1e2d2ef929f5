import { createHash } from 'node:crypto';
import type { NotificationRequest } from '@waybill/notifier/webhook/webhook.ts';
import type { OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { type AnnouncementJudge, announcementsIn } from './announcement-judge.ts';
import { type NotificationJudge, parcelsIn } from './notification-judge.ts';
import type { NotifiedPlan } from './notified-plan.ts';
import type { ReceiveJudge } from './receive-judge.ts';
import type { FailureRecord, SimulatedFailureLog } from './simulated-failure-log.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { QueuedMessage, QueueWitness, SimulatedQueue } from './simulated-queue.ts';
import { aboutOf } from './simulated-receiver.ts';
import type { VirtualTime } from './virtual-time.ts';

type Scene = {
  readonly plan: NotifiedPlan;
  readonly time: VirtualTime;
  readonly queue: SimulatedQueue;
  readonly failures: SimulatedFailureLog;
  readonly receives: ReceiveJudge;
  readonly announcements: AnnouncementJudge;
  readonly notifications: NotificationJudge;
  /** Milliseconds that a poll may still take that began before receiving was paused. */
  readonly pollMs: number;
  readonly violate: (what: string) => void;
  readonly count: (fact: string) => void;
};

/** From the first failure of a process on: its breaker opens, and what it has asked for still comes. */
const untilPausedMs = 45_000;

/** What a process did while the endpoint is away. */
type Outage = {
  /** Since when its requests fail. */
  readonly sinceMs: number;
  /** The notifications that it has asked for. */
  readonly asked: Set<string>;
};

/**
 * Sees what happens to the queue of announcements that notifiers read: no message is settled before what was due is told, the
 * dead-letter queue has what the receiver refuses, what nobody can read, and what crashes took, and an outage of the endpoint
 * uses up no receives.
 */
export class AnnouncementWitness implements QueueWitness {
  readonly #scene: () => Scene;
  /** By process, of the outage that is going on. */
  readonly #outages = new Map<SimulatedProcess, Outage>();

  constructor(scene: () => Scene) {
    this.#scene = scene;
  }

  violate(what: string): void {
    this.#scene().violate(what);
  }

  sent(process: SimulatedProcess, { body, attributes }: OutgoingMessage): void {
    const { announcements, queue, failures, count } = this.#scene();
    if (!process.name.startsWith('notifier')) {
      announcements.announced(process, 0, body);
      return;
    }
    const known = [...queue.messages.values(), ...queue.deletedMessages.values()];
    for (const parcelId of parcelsIn(body))
      if (!known.some((message) => parcelsIn(message.body).has(parcelId)))
        this.violate(`${process.name} announces parcel ${parcelId}, which it cannot have got`);
    const failureId = attributes?.['failureId'];
    if (failureId === undefined || known.some((message) => message.body === body)) return;
    count('announcements split off');
    if (!failures.records.has(failureId))
      this.violate(`${process.name} split ${failureId} off before its failure was on record`);
  }

  confirmed(): void {}

  /** A request of the process has failed, or has not, while the endpoint is away. */
  asked(process: SimulatedProcess, { id }: NotificationRequest): void {
    if (!this.#isAway()) this.#outages.clear();
    else {
      const known = this.#outages.get(process) ?? { sinceMs: this.#scene().time.nowMs, asked: new Set() };
      this.#outages.set(process, known);
      const { milestone, parcelId } = aboutOf(id);
      known.asked.add(`${milestone}-${parcelId}`);
    }
  }

  visibleAgain(message: QueuedMessage): void {
    const { receives, notifications, count } = this.#scene();
    const last = message.receives.at(-1);
    if (!last) return;
    count('announcement messages received again');
    const isLeft = !this.#isReadable(message) || notifications.wasRefused(message);
    if (isLeft || last.returned !== undefined || receives.isExcused(last)) return;
    this.violate(`${message.id} came again while ${last.receiver.name}, alive and well, had it in hand`);
  }

  /** A process is given the message. */
  received(message: QueuedMessage): void {
    const { plan, notifications } = this.#scene();
    const last = message.receives.at(-1);
    if (!last) return;
    const untold = this.#untriedBy(last.receiver, last.atMs);
    if (untold !== undefined)
      this.violate(
        `${last.receiver.name} receives ${message.id}, though the endpoint is away and it has not asked with ${untold}`,
      );
    if (plan.onlyEndpoint && message.receives.length > 1 && this.#isReadable(message)) {
      if (!notifications.wasEverRefused(parcelsIn(message.body)))
        this.violate(
          `${message.id} was received ${message.receives.length} times, though the endpoint alone was at fault`,
        );
    }
  }

  deadLettered(message: QueuedMessage): void {
    const { receives, notifications, count } = this.#scene();
    count('announcement messages dead-lettered');
    const last = message.receives.at(-1);
    const isExcused = last !== undefined && receives.isExcused(last);
    const isSingle = parcelsIn(message.body).size <= 1;
    const isAtFault = !this.#isReadable(message) || (isSingle && notifications.wasRefused(message));
    if (!isExcused && !isAtFault)
      this.violate(`${message.id} is in the DLQ, though nothing of it was refused and no crash took its last receive`);
    const hadTime = last !== undefined && !last.deleted && receives.hadTimeToRecord(last);
    if ((!isExcused || hadTime) && !this.isExplained(message))
      this.violate(`${message.id} is in the DLQ without a reason on record`);
    if (isAtFault) count('announcements dead-lettered as refused');
  }

  deleted(message: QueuedMessage, receiver: SimulatedProcess): void {
    this.#scene().notifications.settled(message, receiver);
    if (!this.#isReadable(message) && !this.#isElsewhere(message))
      this.violate(`${receiver.name} deleted ${message.id}, which it cannot have read`);
  }

  isExplained(message: QueuedMessage): boolean {
    return this.recordsOf(message).some(({ resolved }) => !resolved);
  }

  /** What is on record of this message, by every id that it may have there. */
  recordsOf({ body, attributes }: QueuedMessage): readonly FailureRecord[] {
    const { records } = this.#scene().failures;
    const [parcelId] = parcelsIn(body);
    const candidates = [
      attributes['failureId'],
      `body-${createHash('sha256').update(body).digest('hex')}`,
      `notification-pickup-${parcelId}`,
      `notification-delivery-${parcelId}`,
    ];
    return candidates.flatMap((id) => (id === undefined ? [] : (records.get(id) ?? [])));
  }

  /** Whether it says which parcels it is about, every one of them. */
  isReadable(message: QueuedMessage): boolean {
    return this.#isReadable(message);
  }

  #isReadable({ body }: QueuedMessage): boolean {
    return announcementsIn(body)?.every(({ parcelId }) => parcelId > 0) ?? false;
  }

  #isElsewhere({ id, body }: QueuedMessage): boolean {
    const { queue } = this.#scene();
    const others = [...queue.messages.values(), ...queue.deadLetters.values()].filter((other) => other.id !== id);
    return others.some((other) => other.attributes['failureId'] !== undefined || other.body === body);
  }

  /**
   * A notification that the process has in hand and has not asked with since the endpoint is away; undefined where it may go on
   * receiving. Where all that it holds has failed, something else may tell more: one that the endpoint can not take must not stop
   * the others.
   */
  #untriedBy(process: SimulatedProcess, nowMs: number): string | undefined {
    const { queue, notifications, pollMs } = this.#scene();
    const outage = this.#isAway() ? this.#outages.get(process) : undefined;
    if (!outage || nowMs - outage.sinceMs < untilPausedMs + pollMs) return undefined;
    for (const { body, receives } of queue.messages.values()) {
      const last = receives.at(-1);
      if (last?.receiver !== process || nowMs - last.atMs < untilPausedMs + pollMs) continue;
      const untold = [...parcelsIn(body)].flatMap((parcelId) => notifications.untoldOf(parcelId, last.atMs));
      const [untried] = untold.filter((id) => !outage.asked.has(id));
      if (untried !== undefined) return untried;
    }
    return undefined;
  }

  #isAway(): boolean {
    const { plan, time } = this.#scene();
    return plan.endpointOutages.some(({ fromMs, toMs }) => time.nowMs >= fromMs && time.nowMs < toMs);
  }
}
