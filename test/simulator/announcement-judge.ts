import { cutText } from '@waybill/shared/domain/history.ts';
import { type MilestoneName, milestoneNames, milestoneTypes } from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { announceAttribute, announceNever } from '@waybill/shared/queue/message-attributes.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { QueuedMessage } from './simulated-queue.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A milestone of a parcel, as it came in an event. */
type Brought = { readonly parcelId: number; readonly milestone: MilestoneName; readonly event: ScanEvent };

/** What processes announce, and how wrong their clocks are. */
export type AnnouncePlan = {
  /** Queues that each milestone is announced to. */
  readonly queues: number;
  /** Milliseconds; 0 announces all. */
  readonly maxAgeMs: number;
};

export type AnnouncementJudgeOptions = {
  readonly plan: AnnouncePlan;
  readonly time: VirtualTime;
  /** Milliseconds by which a process's clock may be off. */
  readonly clockSlackMs: number;
  readonly storedOf: (parcelId: number) => ParcelState | undefined;
  /** Whether the event is on another message, or in the DLQ. */
  readonly isElsewhere: (event: ScanEvent) => boolean;
  readonly violate: (what: string) => void;
  readonly count: (fact: string) => void;
};

/**
 * Judges announcements: when a message is settled, what is in state of its milestones has been announced to every queue, or is
 * too old; and nothing is announced that no message brought which may be announced. It goes by what is stored when the message
 * is settled, and not by what a write did.
 */
export class AnnouncementJudge {
  readonly #options: AnnouncementJudgeOptions;
  /** What messages brought that may be announced. Those that travel on are what they were. */
  readonly #mayBeAnnounced = new Map<string, Brought>();
  readonly #everBrought = new Map<string, Brought[]>();
  /** By parcel: the highest EventId that was brought, and the latest scan in state from an instant on. */
  readonly #highest = new Map<number, number>();
  readonly #latest = new Map<number, { readonly sinceMs: number; readonly eventId: number }[]>();
  /** Milliseconds since which each is in state, or was. */
  readonly #inStateSinceMs = new Map<string, number>();
  /** What was announced when it was in state, of each queue. */
  readonly #announced: readonly Set<string>[];

  constructor(options: AnnouncementJudgeOptions) {
    this.#options = options;
    this.#announced = Array.from({ length: options.plan.queues }, () => new Set());
  }

  /** A message comes to the scan queue, from somebody other than a processor. */
  brought(events: readonly ScanEvent[], attributes: QueuedMessage['attributes']): void {
    const isNever = attributes[announceAttribute] === announceNever;
    for (const { parcelId, eventId } of events)
      this.#highest.set(parcelId, Math.max(eventId, this.#highest.get(parcelId) ?? 0));
    for (const brought of milestonesIn(events)) {
      if (!isNever)
        this.#mayBeAnnounced.set(nameOf(brought.parcelId, brought.milestone, brought.event.eventId), brought);
      this.#everBrought.set(placeOf(brought), [...(this.#everBrought.get(placeOf(brought)) ?? []), brought]);
      if (isNever) this.#options.count('milestones never to be announced');
    }
  }

  /** A parcel was written. */
  written({ parcelId, latest, milestones }: ParcelState): void {
    const known = this.#latest.get(parcelId) ?? [];
    known.push({ sinceMs: this.#options.time.nowMs, eventId: latest.eventId });
    this.#latest.set(parcelId, known);
    for (const milestone of milestoneNames) {
      const found = milestones[milestone];
      const name = found && nameOf(parcelId, milestone, found.eventId);
      if (name && !this.#inStateSinceMs.has(name)) this.#inStateSinceMs.set(name, this.#options.time.nowMs);
    }
  }

  /** A message has come to the announcement queue of this place. */
  announced(process: SimulatedProcess, queue: number, body: string): void {
    const { violate, count } = this.#options;
    const names = this.#announced[queue];
    const announcements = announcementsIn(body);
    if (!announcements || announcements.length === 0) {
      violate(`${process.name} announces what nobody can read: ${body}`);
      return;
    }
    count('announcement messages');
    if (announcements.length > 1) count('announcement messages of several');
    for (const { parcelId, milestone, eventId, timeUtc } of announcements) {
      const name = nameOf(parcelId, milestone, eventId);
      const brought = this.#mayBeAnnounced.get(name);
      if (!brought) {
        violate(`${process.name} announces ${name}, which no message brought that may be announced`);
        continue;
      }
      const times = (this.#everBrought.get(placeOf(brought)) ?? []).map(({ event }) => event.createdDateTimeUtc);
      // A repair makes the state anew from the history, whose texts are cut.
      if (![...times, ...times.map(cutText)].includes(timeUtc))
        violate(`${process.name} announces ${name} at ${timeUtc}, and not when it was`);
      if (this.#isSurelyTooOld(brought)) violate(`${process.name} announces ${name}, which is too old`);
      // Whoever looks at the parcel now must find it there: what is announced before is not announced.
      if (this.#options.storedOf(parcelId)?.milestones[milestone]?.eventId !== eventId) {
        count('announcements of what is not in state');
        continue;
      }
      if (names?.has(name)) count('milestones announced again');
      names?.add(name);
    }
  }

  /** A processor has deleted a message from the scan queue. */
  settled(message: QueuedMessage, events: readonly ScanEvent[], receiver: SimulatedProcess): void {
    if (message.attributes[announceAttribute] === announceNever) return;
    const { violate, storedOf, isElsewhere, count } = this.#options;
    for (const brought of milestonesIn(events)) {
      const { parcelId, milestone, event } = brought;
      const stored = storedOf(parcelId);
      // A removal makes another scan the milestone, which was none when its own message was settled.
      if (stored?.milestones[milestone]?.eventId !== event.eventId || stored.removed.length > 0) continue;
      const name = nameOf(parcelId, milestone, event.eventId);
      if (this.#announced.every((names) => names.has(name))) continue;
      const sinceMs = message.receives.at(-1)?.atMs ?? 0;
      if (this.#mayBeTooOld(brought, stored, sinceMs)) count('milestones too old to be announced');
      else if (!isElsewhere(event)) violate(`${receiver.name} settled ${message.id} before ${name} was announced`);
    }
  }

  /** Whether it was announced to the queue of this place when it was in state. */
  isAnnounced(queue: number, parcelId: number, milestone: MilestoneName, eventId: number): boolean {
    return this.#announced[queue]?.has(nameOf(parcelId, milestone, eventId)) ?? false;
  }

  /**
   * Whether the bound lets it pass by one of the clocks, as far as a write may have shown the other milestone: that was in state
   * when the message was received, and beyond this one, with nothing on its way that was still later: a write that is in order
   * shows nothing of what is stored, and scans of one parcel are written together.
   */
  #mayBeTooOld({ event, parcelId, milestone }: Brought, stored: ParcelState, receivedAtMs: number): boolean {
    const { plan, time, clockSlackMs } = this.#options;
    if (plan.maxAgeMs === 0) return false;
    const latestNow = time.wallMs + clockSlackMs;
    const isOld = (timeUtc: string) => latestNow - msOf(timeUtc) >= plan.maxAgeMs;
    if (!isOld(event.createdDateTimeUtc)) return false;
    const latest = this.#latest.get(parcelId)?.findLast(({ sinceMs }) => sinceMs < receivedAtMs)?.eventId ?? 0;
    if ((this.#highest.get(parcelId) ?? 0) > latest) return true;
    return milestoneNames.every((name) => {
      const other = stored.milestones[name];
      if (!other || name === milestone || isOld(other.timeUtc) || other.eventId < event.eventId) return true;
      const sinceMs = this.#inStateSinceMs.get(nameOf(parcelId, name, other.eventId));
      return sinceMs === undefined || sinceMs >= receivedAtMs;
    });
  }

  /** Whether no clock lets it pass, nor any other milestone of the parcel. */
  #isSurelyTooOld({ parcelId, event }: Brought): boolean {
    const { plan, time, clockSlackMs } = this.#options;
    if (plan.maxAgeMs === 0) return false;
    const earliestNow = time.wallMs - time.nowMs - clockSlackMs;
    const isOld = (timeUtc: string) => earliestNow - msOf(timeUtc) > plan.maxAgeMs;
    const all = milestoneNames.flatMap((name) => this.#everBrought.get(`${parcelId} ${name}`) ?? []);
    return isOld(event.createdDateTimeUtc) && all.every((other) => isOld(other.event.createdDateTimeUtc));
  }
}

/** What an announcement says; undefined where the body is none. */
export type Announced = {
  readonly parcelId: number;
  readonly milestone: MilestoneName;
  readonly eventId: number;
  readonly timeUtc: string;
};

/** The announcements of a body; undefined where nobody can read it. */
export function announcementsIn(body: string): readonly Announced[] | undefined {
  try {
    const { version, announcements } = JSON.parse(body);
    return version === 1 && Array.isArray(announcements) ? announcements : undefined;
  } catch {
    return undefined;
  }
}

function milestonesIn(events: readonly ScanEvent[]): readonly Brought[] {
  return events.flatMap((event) =>
    milestoneNames
      .filter((name) => milestoneTypes[name] === event.type)
      .map((milestone) => ({ parcelId: event.parcelId, milestone, event })),
  );
}

/** To the second: what comes after it are the feed's own digits. */
export function msOf(timeUtc: string): number {
  return Date.parse(`${timeUtc.slice(0, 'YYYY-MM-DDThh:mm:ss'.length)}Z`);
}

function nameOf(parcelId: number, milestone: string, eventId: number): string {
  return `${milestone} ${eventId} of parcel ${parcelId}`;
}

function placeOf({ parcelId, milestone }: Brought): string {
  return `${parcelId} ${milestone}`;
}
