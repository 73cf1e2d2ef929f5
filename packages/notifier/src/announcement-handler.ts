import type { FailureLog } from '@waybill/consumer/failures/failure-log.ts';
import type { Fault, Guard } from '@waybill/consumer/guard/guard.ts';
import type { ElementFailure, Handler } from '@waybill/consumer/handler.ts';
import type { Announcement } from '@waybill/shared/domain/announcement.ts';
import { describeError, hasCode } from '@waybill/shared/error.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import { recordAge } from '@waybill/shared/telemetry/record-age.ts';
import { isThrottling } from '@waybill/shared/throttling.ts';
import { type AnnouncedWork, readAnnouncements } from './announcements/announced-work.ts';
import { refusedNotification, rejectedByStore } from './announcements/announcement-failures.ts';
import { ParcelPasses, type Pass } from './announcements/parcel-passes.ts';
import { deliver } from './delivery/deliver.ts';
import type { Delivery, DeliveryCalls, DeliveryDependencies, Look } from './delivery/delivery.ts';
import type { EndpointBreaker } from './endpoint/endpoint-breaker.ts';
import { notificationFailureId, notificationFailureIds, notificationIdOf } from './notifications/notification-id.ts';

export type AnnouncementHandlerDependencies = {
  readonly metrics: Metrics;
  readonly delivery: DeliveryDependencies;
  /** Takes back the failure of a notification that is told, or not due any more. */
  readonly failures: Pick<FailureLog, 'resolve'>;
  /** Calls to the tables at once. */
  readonly tableCalls: number;
  readonly webhook: EndpointBreaker;
  /** Holds the reports alone: what is to be told is told meanwhile, as long as there is room in hand. */
  readonly report: EndpointBreaker;
};

/** Messages of announcements, and the notifications that they ask for. */
export function announcementHandler(deps: AnnouncementHandlerDependencies): Handler<AnnouncedWork, 'tables'> {
  const { delivery, webhook, tableCalls } = deps;
  const passes = new ParcelPasses();
  const counted = new WeakSet<Delivery>();
  return {
    engine: 'DynamoDB',
    lanes: { tables: tableCalls },
    faultOf,
    failureIds: notificationFailureIds,
    breakers: [webhook],
    read: readAnnouncements,
    work: (together, guard, signal) => {
      const pass = passOf(deps, guard, signal);
      const deliveries = passes.look(looksOf(together), pass);
      return together.map(async (work) => {
        const failed = await failuresOf(work, deliveries, deps, counted);
        if (failed.length === 0) await resolveRepeated(work, deps, guard, signal);
        return failed;
      });
    },
    backlog: () => passes.size,
    heapBytes: ({ work, failures }) =>
      work.looks.length * parcelHeapBytes +
      work.announcements.length * announcementHeapBytes +
      failures.length * failureHeapBytes,
    failureIdsOf: ({ looks }) =>
      looks.flatMap(({ parcelId }) =>
        delivery.notify.milestones.map((milestone) => notificationFailureId({ parcelId, milestone })),
      ),
    settled: ({ announcements, outcomes }) => ({
      announcements: announcements.length,
      notified: outcomes.get('notified') ?? 0,
      alreadyNotified: outcomes.get('already-notified') ?? 0,
      unmet: outcomes.get('requirements-not-met') ?? 0,
    }),
  };
}

/**
 * Heap of a parcel until its message is settled (the stored item as it was read, the request made of it, and what waits for its
 * calls) with the longest history there can be, of an announcement, and of a failed element, bytes: measured (decision 160).
 */
const parcelHeapBytes = 54_000;
const announcementHeapBytes = 150;
const failureHeapBytes = 300;

/** Outcomes after which nothing is left to do. */
const settledOutcomes: ReadonlySet<Delivery['outcome']> = new Set([
  'notified',
  'already-notified',
  'requirements-not-met',
]);

/** Each parcel once, with all that was announced of it. */
function looksOf(together: readonly AnnouncedWork[]): readonly Look[] {
  const looks = together.flatMap((work) => work.looks);
  if (together.length === 1) return looks;
  return [...Map.groupBy(looks, ({ parcelId }) => parcelId)].map(([parcelId, same]) => ({
    parcelId,
    announced: same.flatMap(({ announced }) => announced),
    span: same.find(({ span }) => span)?.span,
  }));
}

/** One pass of {@link deliver}, with calls that are held until they work. */
function passOf(
  { delivery, failures, webhook, report }: AnnouncementHandlerDependencies,
  guard: Guard<'tables'>,
  signal: AbortSignal,
): Pass {
  const calls: DeliveryCalls = {
    table: (item, call) => guard.execute(item, call, signal, 'tables'),
    webhook: (item, call) => webhook.call(item, call, signal),
    report: (item, call) => report.call(item, call, signal),
  };
  return (looks) => {
    // What was refused, itself or its report, has a failure record, which is resolved once that is over, by whatever message.
    const failedBefore = new Set<string>();
    const notifications = {
      ...delivery.notifications,
      get: async (ids: readonly string[]) => {
        const found = await delivery.notifications.get(ids);
        for (const { notificationId, lastError } of found.values()) {
          if (lastError !== undefined) failedBefore.add(notificationId);
        }
        return found;
      },
    };
    const resolveCured = async (deliveries: readonly Delivery[]) => {
      for (const each of deliveries) {
        if (!settledOutcomes.has(each.outcome) || !failedBefore.has(notificationIdOf(each))) continue;
        const failureId = notificationFailureId(each);
        await guard.execute(failureId, () => failures.resolve(failureId), signal);
      }
      return deliveries;
    };
    const begun = deliver(looks, calls, { ...delivery, notifications });
    return new Map([...begun].map(([parcelId, deliveries]) => [parcelId, deliveries.then(resolveCured)]));
  };
}

/**
 * What failed of a message, once all of its parcels were looked at.
 *
 * @param counted what is in the metrics: messages that name the same parcel share a pass over it
 */
async function failuresOf(
  work: AnnouncedWork,
  deliveries: ReadonlyMap<number, Promise<readonly Delivery[]>>,
  { metrics, delivery }: AnnouncementHandlerDependencies,
  counted: WeakSet<Delivery>,
): Promise<readonly ElementFailure[]> {
  const announced = Map.groupBy(work.announcements, ({ parcelId }) => parcelId);
  const failures = await Promise.all(
    work.looks.map(async ({ parcelId }) => {
      const announcements = announced.get(parcelId) ?? [];
      try {
        const became = (await deliveries.get(parcelId)) ?? [];
        for (const each of became) {
          const { outcome } = each;
          work.outcomes.set(outcome, (work.outcomes.get(outcome) ?? 0) + 1);
          if (counted.has(each)) continue;
          counted.add(each);
          metrics['waybill.notifier.notifications'].add(1, { outcome });
          if (outcome !== 'notified') continue;
          recordAge(metrics['waybill.notifier.announced_to_notified'], work.sentAtMs, delivery.now());
        }
        return failuresIn(became, announcements);
      } catch (error) {
        const [announcement] = announcements;
        if (!announcement || !hasCode(error, 'STORE_REJECTED')) throw error;
        return [rejectedByStore(announcement, announcement, describeError(error))];
      }
    }),
  );
  const { failureId } = work;
  if (failureId === undefined) return failures.flat();
  return failures.flat().filter((failure) => failure.failureId === failureId);
}

/** A process may have ended between what it told and the resolution of what had failed before. */
async function resolveRepeated(
  { isRepeated, announcements: [announcement] }: AnnouncedWork,
  { failures }: AnnouncementHandlerDependencies,
  guard: Guard<'tables'>,
  signal: AbortSignal,
): Promise<void> {
  if (!isRepeated || !announcement) return;
  const failureId = notificationFailureId(announcement);
  await guard.execute(failureId, () => failures.resolve(failureId), signal);
}

function failuresIn(
  deliveries: readonly Delivery[],
  announcements: readonly Announcement[],
): readonly ElementFailure[] {
  return deliveries.flatMap((each) => {
    // Any announcement of the parcel has it looked at.
    const announcement = announcements.find(({ milestone }) => milestone === each.milestone) ?? announcements[0];
    if (each.outcome === 'refused') return [refusedNotification(each, announcement)];
    return each.outcome === 'unreadable' ? [rejectedByStore(each, announcement, each.detail)] : [];
  });
}

/** What does not name the item is the engine's failure. */
function faultOf(error: unknown): Fault {
  if (hasCode(error, 'STORE_REJECTED')) return 'item';
  if (hasCode(error, 'STORE_CONTENDED')) return 'others';
  return isThrottling(error) ? 'throttled' : 'engine';
}
