import { packAnnouncements } from '@waybill/shared/domain/announcement.ts';
import { milestoneTypes } from '@waybill/shared/domain/milestones.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { announceAttribute, announceNever } from '@waybill/shared/queue/message-attributes.ts';
import type { Chance } from './chance.ts';
import type { NotifiedPlan } from './notified-plan.ts';

/** A message, and when somebody puts it on a queue. */
export type ScheduledMessage = {
  readonly atMs: number;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly events: readonly ScanEvent[];
};

const secondMs = 1_000;
const hourMs = 3_600 * secondMs;
/** Milliseconds by which the times of scans lie around the bound on ages at most. */
const aroundBoundMs = 600 * secondMs;
const eventsOfMessage = 6;
/** Pickups of long ago that come when their parcel's delivery is in state; their EventIds are below all others. */
const mostLatePickups = 4;

/** Messages of scans, the feed's own order shuffled now and then; some come twice, and some are of a replay. */
export function scheduledScans(
  plan: NotifiedPlan,
  { chance, startMs, untilMs }: { readonly chance: Chance; readonly startMs: number; readonly untilMs: number },
): readonly ScheduledMessage[] {
  const isOld = new Map<number, boolean>();
  const disorder = chance.happens(0.6) ? chance.next() : 0;
  let next = mostLatePickups;
  const event = (): ScanEvent => {
    const parcelId = 5_000 + chance.between(1, plan.parcels);
    const old = isOld.get(parcelId) ?? chance.happens(plan.old);
    isOld.set(parcelId, old);
    next += chance.between(1, 3);
    // A late scan of long ago among fresh ones, and a fresh one among old ones.
    const ageMs = ageOf(chance, chance.happens(0.2) ? !old : old);
    return {
      eventId: next,
      parcelId,
      type: chance.pick([milestoneTypes.pickup, milestoneTypes.delivery, 'IN_TRANSIT', milestoneTypes.delivery]),
      createdDateTimeUtc: new Date(startMs - ageMs).toISOString().replace('Z', `${chance.between(1, 9_999)}Z`),
      statusCode: chance.pick(['', 'OK', 'ß漢']),
      runId: chance.pick(['', 'RUN-100']),
    };
  };
  const inOrder = Array.from({ length: plan.messages * 2 }, event);
  const events = chance.happens(disorder) ? chance.shuffled(inOrder) : inOrder;
  const messages: ScheduledMessage[] = [];
  for (let at = 0; at < events.length; ) {
    const some = events.slice(at, at + chance.between(1, eventsOfMessage));
    at += some.length;
    const isReplay = chance.happens(plan.replayed);
    const message = (): ScheduledMessage => ({
      atMs: Math.round((at / events.length) * untilMs * chance.next()),
      body: JSON.stringify({ version: 1, events: some }).replace(
        /[^ -~]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
      attributes: isReplay ? { [announceAttribute]: announceNever } : {},
      events: some,
    });
    messages.push(message());
    // What is replayed came before, more often than not.
    if (isReplay && chance.happens(0.5)) messages.push({ ...message(), attributes: {} });
    if (chance.happens(plan.repeated)) messages.push(message());
  }
  for (let eventId = 1; eventId <= mostLatePickups; eventId += 1) {
    const parcelId = 5_000 + chance.between(1, plan.parcels);
    if (!chance.happens(plan.old)) continue;
    const late = { ...event(), eventId, parcelId, type: milestoneTypes.pickup };
    const createdDateTimeUtc = new Date(startMs - 4 * 365 * 24 * hourMs).toISOString();
    const events = [{ ...late, createdDateTimeUtc, statusCode: '' }];
    messages.push({
      atMs: untilMs + 20 * secondMs,
      body: JSON.stringify({ version: 1, events }),
      attributes: {},
      events,
    });
  }
  return messages;
}

/** Milliseconds before the world begins. */
function ageOf(chance: Chance, old: boolean): number {
  if (!old) return chance.between(0, 2 * hourMs);
  if (chance.happens(0.5)) return 72 * hourMs + chance.between(-aroundBoundMs, aroundBoundMs);
  return chance.between(3 * 365 * 24 * hourMs, 4 * 365 * 24 * hourMs);
}

/** What others put on the queue of announcements: what nobody can read, and announcements made by hand. */
export function scheduledAnnouncements(
  plan: NotifiedPlan,
  { chance, untilMs }: { readonly chance: Chance; readonly untilMs: number },
): readonly Omit<ScheduledMessage, 'events'>[] {
  const atMs = () => chance.between(0, untilMs);
  const byHand = (): string => {
    const announcements = Array.from({ length: chance.between(1, 5) }, () => ({
      // One in ten is of a parcel that is not there.
      parcelId: chance.happens(0.1) ? 9_999 : 5_000 + chance.between(1, plan.parcels),
      milestone: chance.pick(['pickup', 'delivery'] as const),
      eventId: chance.between(1, plan.messages * 2),
      timeUtc: '2025-03-30T00:00:00Z',
    }));
    return packAnnouncements(announcements, 65_536)[0] ?? '';
  };
  const foreign = (): string =>
    chance.pick([
      'not JSON at all',
      JSON.stringify({ version: 2, zipped: 'H4sIAAAA' }),
      JSON.stringify({ version: 1, announcements: [] }),
      JSON.stringify({
        version: 1,
        announcements: [
          { parcelId: -1, milestone: 'delivery', eventId: 1, timeUtc: '' },
          { parcelId: 5_001, milestone: 'delivery', eventId: 1, timeUtc: '2025-03-30T00:00:00Z' },
        ],
      }),
    ]);
  return [
    // Most of them twice at once: two notifiers look at the same parcels.
    ...Array.from({ length: plan.byHand }, () => ({ atMs: atMs(), body: byHand(), attributes: {} })).flatMap((one) =>
      chance.happens(0.7) ? [one, one] : [one],
    ),
    ...Array.from({ length: plan.foreign }, () => ({ atMs: atMs(), body: foreign(), attributes: {} })),
  ];
}
