import { createHash } from 'node:crypto';
import type { StoredNotification } from '@waybill/notifier/notifications/notifications-table.ts';
import type { NotificationRequest, Report } from '@waybill/notifier/webhook/webhook.ts';
import type { Milestone, MilestoneName } from '@waybill/shared/domain/milestones.ts';
import type { StoredParcel } from '@waybill/shared/parcels/parcel-table.ts';
import { announcementsIn, msOf } from './announcement-judge.ts';
import type { NotifiedPlan } from './notified-plan.ts';
import type { NotificationsWitness, SimulatedNotificationsTable } from './simulated-notifications-table.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { QueuedMessage, SimulatedQueue } from './simulated-queue.ts';
import type { ReceiverWitness } from './simulated-receiver.ts';
import type { VirtualTime } from './virtual-time.ts';

export type NotificationJudgeOptions = {
  readonly plan: NotifiedPlan;
  readonly feed: string;
  readonly time: VirtualTime;
  readonly clockSlackMs: number;
  readonly table: () => SimulatedNotificationsTable;
  readonly queue: () => SimulatedQueue;
  readonly violate: (what: string) => void;
  readonly count: (fact: string) => void;
};

/** A parcel as it was from an instant on. */
type Version = { readonly sinceMs: number; readonly parcel: StoredParcel };

/** What is known of a milestone of a parcel that was told, or was to be. */
type Told = {
  /** Requests that reached nobody included. */
  asked: number;
  /** The events of these requests: each may have been taken, as far as a notifier knows. */
  readonly askedOf: Map<number, { readonly timeUtc: string }>;
  /** The events that the receiver has taken, and those that were reported. */
  readonly taken: Map<number, { readonly timeUtc: string }>;
  reported: number;
  /** How often, by process, and when it was refused last. */
  readonly refusals: Map<SimulatedProcess, number>;
  refused: { readonly atMs: number; readonly process: SimulatedProcess } | undefined;
  /** When it was on record as told last, and of which event. */
  recorded: { readonly atMs: number; readonly eventId: number } | undefined;
};

const types: Readonly<Record<string, { readonly milestone: MilestoneName; readonly isCorrection: boolean }>> = {
  'parcel.picked_up': { milestone: 'pickup', isCorrection: false },
  'parcel.delivered': { milestone: 'delivery', isCorrection: false },
  'parcel.pickup_corrected': { milestone: 'pickup', isCorrection: true },
  'parcel.delivery_corrected': { milestone: 'delivery', isCorrection: true },
};

/**
 * Judges what the receiver is told against what was in state, when a message of announcements is settled whether all is told that
 * was due then, and what is on record of it against what the receiver has seen. Requirements and ids are worked out here anew.
 */
export class NotificationJudge implements ReceiverWitness, NotificationsWitness {
  readonly #options: NotificationJudgeOptions;
  readonly #versions = new Map<number, Version[]>();
  readonly #told = new Map<string, Told>();

  constructor(options: NotificationJudgeOptions) {
    this.#options = options;
  }

  violate(what: string): void {
    this.#options.violate(what);
  }

  count(fact: string): void {
    this.#options.count(fact);
  }

  parcelWritten(parcel: StoredParcel): void {
    const { parcelId } = parcel.state;
    const versions = this.#versions.get(parcelId) ?? [];
    versions.push({ sinceMs: this.#options.time.nowMs, parcel });
    this.#versions.set(parcelId, versions);
  }

  // The receiver.

  asked(process: SimulatedProcess, { id, body }: NotificationRequest): void {
    const request = this.#read(process, { id, body });
    if (!request) return;
    const { milestone, parcelId, eventId } = request;
    const told = this.#toldOf(milestone, parcelId);
    told.asked += 1;
    told.askedOf.set(eventId, { timeUtc: request.timeUtc });
    const { recorded } = told;
    if (recorded === undefined || recorded.eventId !== eventId) return;
    // It read the record before that was written: then it had a message about the parcel before.
    const since = this.#heldSince(process, parcelId);
    if (since === undefined || since > recorded.atMs)
      this.violate(`${process.name} tells ${id} again, which was on record as told before it received anything of it`);
  }

  taken(process: SimulatedProcess, request: NotificationRequest): void {
    const read = this.#read(process, request);
    if (!read) return;
    const { milestone, parcelId, eventId, timeUtc } = read;
    const told = this.#toldOf(milestone, parcelId);
    if (told.taken.has(eventId)) this.count('notifications told again');
    else this.count(told.taken.size > 0 ? 'corrections told' : 'notifications told');
    told.taken.set(eventId, { timeUtc });
  }

  refused(process: SimulatedProcess, parcelId: number, milestone: string): void {
    if (milestone !== 'pickup' && milestone !== 'delivery') {
      this.violate(`${milestone} is no milestone`);
      return;
    }
    this.count('notifications refused');
    const known = this.#toldOf(milestone, parcelId);
    known.refused = { atMs: this.#options.time.nowMs, process };
    const times = (known.refusals.get(process) ?? 0) + 1;
    known.refusals.set(process, times);
    // What is refused for itself comes again, and is not repeated in place.
    const received = this.#receivesOf(process, parcelId).length;
    if (times > received)
      this.violate(
        `${process.name} was refused ${milestone} of parcel ${parcelId} ${times} times in ${received} receives`,
      );
  }

  reported(process: SimulatedProcess, report: Report): void {
    const { parcelId, milestone, notificationId, notifiedCount, notifiedAtUtc } = report;
    if (milestone !== 'pickup' && milestone !== 'delivery') {
      this.violate(`${milestone} is no milestone`);
      return;
    }
    const stored = this.#options.table().notifications.get(notificationId);
    this.count('reports');
    if (notificationId !== `${milestone}-${parcelId}`)
      this.violate(`${process.name} reports ${notificationId}, which is not ${milestone} of ${parcelId}`);
    if (!stored || stored.notifiedCount < notifiedCount || Number.isNaN(Date.parse(notifiedAtUtc)))
      this.violate(
        `${process.name} reports ${notificationId} as told ${notifiedCount} times, on record is ${told(stored)}`,
      );
    this.#toldOf(milestone, parcelId).reported += 1;
  }

  /** What a request says; undefined, and a breach, where it must not be made. */
  #read(
    process: SimulatedProcess,
    { id, body }: NotificationRequest,
  ): (Milestone & { readonly milestone: MilestoneName; readonly parcelId: number }) | undefined {
    const { plan, feed } = this.#options;
    const breach = (what: string) => void this.violate(`${process.name} asks with ${id} and ${body}: ${what}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII.
    if (!/^[\x00-\x7f]+$/.test(body)) return breach('not ASCII');
    const { type, timestamp, data } = JSON.parse(body);
    const { milestone, isCorrection } = types[type] ?? {};
    if (!milestone || !data) return breach('no type');
    const { parcelId, revision } = data;
    const found: Milestone | null = data[milestone];
    if (!found) return breach('it is not in state');
    const version = this.#versions.get(parcelId)?.find(({ parcel }) => parcel.revision === revision);
    if (!version) return breach('no parcel was ever so');
    for (const what of wrongOf(data, version.parcel)) breach(what);
    if (timestamp !== found.timeUtc) breach(`it was at ${found.timeUtc}`);
    if (!plan.milestones.includes(milestone)) breach('nobody asked for it');
    for (const unmet of this.#surelyUnmet(version.parcel, milestone, process)) breach(`it is not ${unmet}`);
    const first = `${milestone}_${createHash('sha256').update(feed).digest('hex').slice(0, 8)}_${parcelId}`;
    if (id !== (isCorrection ? `${first}_${found.eventId}` : first)) breach('under another id');
    if (isCorrection && !plan.corrections) breach('nobody asked for corrections');
    const { previous } = data;
    const known = previous && this.#toldOf(milestone, parcelId).askedOf.get(previous.eventId);
    if (isCorrection ? known?.timeUtc !== previous?.timeUtc || !known : previous)
      breach('what was told before is not that');
    return { milestone, parcelId, eventId: found.eventId, timeUtc: found.timeUtc };
  }

  // The record.

  notificationWritten(
    process: SimulatedProcess,
    before: StoredNotification | undefined,
    after: StoredNotification,
  ): void {
    const { milestone, parcelId, notificationId, state, notifiedCount } = after;
    const breach = (what: string) => this.violate(`${process.name} ${what}: ${told(before)} became ${told(after)}`);
    const known = this.#toldOf(milestone, parcelId);
    if (notificationId !== `${milestone}-${parcelId}`) breach('wrote under another key');
    if (!this.#options.plan.milestones.includes(milestone)) breach('wrote what nobody asked for');
    this.count(`records, ${state}`);
    const countBefore = before?.notifiedCount ?? 0;
    if (notifiedCount < countBefore) breach('counted down');
    // Something else was told under the same id, too: the receiver may have taken that, and it is corrected.
    const { previous } = after;
    const isCorrected = previous !== undefined && previous.eventId !== before?.previous?.eventId;
    if (isCorrected && !known.askedOf.has(previous.eventId)) breach('corrected what the receiver was never asked');
    const isAgain = !isCorrected && before?.state === 'notified' && before.told?.eventId === after.told?.eventId;
    if (notifiedCount > countBefore + 1 || (isAgain && notifiedCount > countBefore)) breach('counted twice');
    if (before?.state === 'notified' && isAgain && before.notifiedAtUtc !== after.notifiedAtUtc)
      breach('told again what was on record');
    if (before?.firstAttemptAtUtc !== undefined && before.firstAttemptAtUtc !== after.firstAttemptAtUtc)
      breach('changed when it was attempted first');
    if (before?.reportedAtUtc !== undefined && after.reportedAtUtc === undefined && notifiedCount === countBefore)
      breach('forgot that it was reported');
    if (state === 'notified') {
      const taken = after.told && known.taken.get(after.told.eventId);
      if (!taken || taken.timeUtc !== after.told?.timeUtc) breach('wrote as told what the receiver has not taken');
      if (notifiedCount === 0 || after.notifiedAtUtc === undefined) breach('wrote no time');
      if (after.told) known.recorded ??= { atMs: this.#options.time.nowMs, eventId: after.told.eventId };
      if (after.told && known.recorded?.eventId !== after.told.eventId)
        known.recorded = { atMs: this.#options.time.nowMs, eventId: after.told.eventId };
    }
    if (state === 'failed' && !known.refused) breach('wrote as failed what nobody refused');
    if (state === 'requirements-not-met' && after.unmet.length === 0) breach('wrote no requirement');
    if (after.attempts > known.asked) breach(`wrote more attempts than the ${known.asked} that were made`);
    if (after.reportedAtUtc !== undefined && known.reported === 0) breach('wrote as reported what was not');
    if (after.lastError !== undefined && after.lastError.length > 1_024) breach('wrote a long error');
  }

  // The queue.

  /** A notifier has deleted a message of announcements. */
  settled(message: QueuedMessage, receiver: SimulatedProcess): void {
    const { plan } = this.#options;
    const sinceMs = message.receives.at(-1)?.atMs ?? 0;
    for (const parcelId of parcelsIn(message.body)) {
      if (this.#isFailedElsewhere(parcelId)) continue;
      for (const milestone of plan.milestones) {
        if (!this.#wasDueSince(parcelId, milestone, sinceMs)) continue;
        for (const lack of this.#lacksOf(parcelId, milestone, sinceMs))
          this.violate(`${receiver.name} settled ${message.id}, and ${milestone} of parcel ${parcelId} ${lack}`);
      }
    }
  }

  /** Whether what the message is about was refused to this receiver since it received it. */
  wasRefused(message: QueuedMessage): boolean {
    const last = message.receives.at(-1);
    return this.#options.plan.milestones.some((milestone) =>
      [...parcelsIn(message.body)].some((parcelId) => {
        const { refused } = this.#toldOf(milestone, parcelId);
        return refused !== undefined && last !== undefined && refused.atMs >= last.atMs;
      }),
    );
  }

  /** What of the parcel is due since then, was never told, and is told next. */
  untoldOf(parcelId: number, sinceMs: number): readonly string[] {
    const untold = this.#options.plan.milestones.flatMap((milestone) => {
      const isUntold = this.#toldOf(milestone, parcelId).taken.size === 0;
      return isUntold && this.#wasDueSince(parcelId, milestone, sinceMs) ? [`${milestone}-${parcelId}`] : [];
    });
    return untold.slice(0, 1);
  }

  /** Whether anything of these parcels was ever refused. */
  wasEverRefused(parcelIds: ReadonlySet<number>): boolean {
    return this.#options.plan.milestones.some((milestone) =>
      [...parcelIds].some((parcelId) => this.#toldOf(milestone, parcelId).refused !== undefined),
    );
  }

  /**
   * Everything has come to rest.
   *
   * @param isAnnounced whether the milestone was announced to the notifiers' queue, or may have been
   * @param isInDlq whether announcements of the parcel are in the dead-letter queue
   */
  judgeAtRest(
    isAnnounced: (parcelId: number, milestone: MilestoneName, eventId: number) => boolean,
    isInDlq: (parcelId: number) => boolean,
  ): void {
    const { plan, table, time } = this.#options;
    for (const [parcelId, versions] of this.#versions) {
      const state = versions.at(-1)?.parcel.state;
      for (const milestone of plan.milestones) {
        const found = state?.milestones[milestone];
        if (!found || isInDlq(parcelId) || !isAnnounced(parcelId, milestone, found.eventId)) continue;
        if (!this.#wasDueSince(parcelId, milestone, time.nowMs)) continue;
        const isUnreported =
          plan.receiver.reports && table().notifications.get(`${milestone}-${parcelId}`)?.reportedAtUtc === undefined;
        for (const lack of [
          ...this.#lacksOf(parcelId, milestone, time.nowMs),
          ...(isUnreported ? ['is not on record as reported'] : []),
        ])
          this.violate(`${milestone} of parcel ${parcelId} ${lack}, and nothing is left to tell it`);
      }
    }
    for (const stored of table().notifications.values()) {
      const { milestone, parcelId, notifiedCount } = stored;
      const known = this.#toldOf(milestone, parcelId);
      if (notifiedCount > known.askedOf.size)
        this.violate(`${told(stored)} counts more than the ${known.askedOf.size} that were told`);
      if (!plan.corrections && notifiedCount > 1) this.violate(`${told(stored)} counts more than one`);
    }
  }

  #lacksOf(parcelId: number, milestone: MilestoneName, sinceMs: number): readonly string[] {
    const { plan, table } = this.#options;
    const known = this.#toldOf(milestone, parcelId);
    const stored = table().notifications.get(`${milestone}-${parcelId}`);
    const eventIds = this.#versionsSince(parcelId, sinceMs).flatMap(
      ({ state }) => state.milestones[milestone]?.eventId ?? [],
    );
    const isTold = plan.corrections ? eventIds.some((id) => known.taken.has(id)) : known.taken.size > 0;
    const isOfAnother = plan.corrections && stored?.told !== undefined && !eventIds.includes(stored.told.eventId);
    return [
      ...(isTold ? [] : ['is not told']),
      ...((stored?.notifiedCount ?? 0) > 0 && !isOfAnother ? [] : [`is on record as ${told(stored)}`]),
      ...(plan.receiver.reports && known.reported === 0 ? ['is not reported'] : []),
    ];
  }

  /** A parcel of which something failed is on a message of its own, or in the DLQ. */
  #isFailedElsewhere(parcelId: number): boolean {
    const { messages, deadLetters } = this.#options.queue();
    return [...messages.values(), ...deadLetters.values()].some(
      ({ body, attributes }) =>
        (attributes['failureId'] !== undefined || deadLetters.size > 0) && parcelsIn(body).has(parcelId),
    );
  }

  /** Whether it was due, by all clocks, whenever it was read since then. */
  #wasDueSince(parcelId: number, milestone: MilestoneName, sinceMs: number): boolean {
    const versions = this.#versionsSince(parcelId, sinceMs);
    return versions.length > 0 && versions.every((parcel) => this.#mayBeUnmet(parcel, milestone).length === 0);
  }

  /** As it was at that instant, and everything that it became since. */
  #versionsSince(parcelId: number, sinceMs: number): readonly StoredParcel[] {
    const versions = this.#versions.get(parcelId) ?? [];
    const first = versions.findLastIndex((version) => version.sinceMs <= sinceMs);
    return first < 0 ? [] : versions.slice(first).map(({ parcel }) => parcel);
  }

  /** What is unmet by one clock at least. */
  #mayBeUnmet(parcel: StoredParcel, milestone: MilestoneName): readonly string[] {
    const { time, clockSlackMs } = this.#options;
    return this.#unmetOf(parcel, milestone, time.wallMs + clockSlackMs);
  }

  /** What is unmet by every clock: it was read after the process began. */
  #surelyUnmet(parcel: StoredParcel, milestone: MilestoneName, process: SimulatedProcess): readonly string[] {
    const { time, clockSlackMs } = this.#options;
    return this.#unmetOf(parcel, milestone, time.wallMs - time.nowMs + process.bornAtMs - clockSlackMs);
  }

  #unmetOf({ state }: StoredParcel, milestone: MilestoneName, nowMs: number): readonly string[] {
    const { requirements, maxAgeMs } = this.#options.plan;
    const found = state.milestones[milestone];
    if (!found) return ['reached'];
    const isPickedUp = milestone !== 'delivery' || (state.milestones.pickup?.eventId ?? Infinity) < found.eventId;
    const isRecent = maxAgeMs === undefined || nowMs - msOf(found.timeUtc) <= maxAgeMs;
    return [
      ...(requirements.includes('picked-up') && !isPickedUp ? ['picked-up'] : []),
      ...(requirements.includes('recent') && !isRecent ? ['recent'] : []),
    ];
  }

  /** Since when the process has messages about the parcel, or has had them. */
  #heldSince(process: SimulatedProcess, parcelId: number): number | undefined {
    const times = this.#receivesOf(process, parcelId);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** When the process received messages about the parcel. */
  #receivesOf(process: SimulatedProcess, parcelId: number): readonly number[] {
    const { messages, deadLetters, deletedMessages } = this.#options.queue();
    return [...messages.values(), ...deadLetters.values(), ...deletedMessages.values()]
      .filter(({ body }) => parcelsIn(body).has(parcelId))
      .flatMap(({ receives }) => receives.filter(({ receiver }) => receiver === process).map(({ atMs }) => atMs));
  }

  #toldOf(milestone: MilestoneName, parcelId: number): Told {
    const id = `${milestone}-${parcelId}`;
    const known = this.#told.get(id) ?? {
      asked: 0,
      askedOf: new Map(),
      taken: new Map(),
      reported: 0,
      refusals: new Map(),
      refused: undefined,
      recorded: undefined,
    };
    this.#told.set(id, known);
    return known;
  }
}

/** What a request shows of a parcel that is not as it was stored. */
function wrongOf(data: Readonly<Record<string, unknown>>, { state, revision }: StoredParcel): readonly string[] {
  const { latest, milestones } = state;
  const stage = milestones.delivery ? 'delivered' : milestones.pickup ? 'in-transit' : 'registered';
  const { eventId, type, statusCode, runId, createdDateTimeUtc } = latest;
  const expected = {
    parcelId: state.parcelId,
    stage,
    latest: { eventId, type, statusCode, runId, createdDateTimeUtc },
    pickup: milestones.pickup ?? null,
    delivery: milestones.delivery ?? null,
    revision,
  };
  return Object.entries(expected)
    .filter(([name, value]) => told(data[name]) !== told(value))
    .map(([name, value]) => `its ${name} was ${told(value)}`);
}

const parcels = new Map<string, ReadonlySet<number>>();

/** The parcels that a body's announcements are about. */
export function parcelsIn(body: string): ReadonlySet<number> {
  const known = parcels.get(body) ?? new Set((announcementsIn(body) ?? []).map(({ parcelId }) => parcelId));
  parcels.set(body, known);
  return known;
}

function told(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}
