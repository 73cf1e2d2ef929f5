import { batchGetKeys } from '@waybill/shared/batch-get.ts';
import type { ReadParcel } from '@waybill/shared/parcels/parcel-view.ts';
import { dueOf } from '../notifications/due.ts';
import { notificationIdOf } from '../notifications/notification-id.ts';
import type { StoredNotification } from '../notifications/notifications-table.ts';
import type { UnreadableParcel } from '../parcels/parcel-reader.ts';
import type { Delivery, DeliveryCalls, DeliveryDependencies, Look, LookOptions } from './delivery.ts';
import { report } from './report.ts';
import { recordUnmet, tell } from './tell.ts';

/** Of a message: what was told is told once, and the message waits in the queue until its endpoint is back. */
const fromQueue: LookOptions = { again: false, recordsUnavailable: false };

/** What was read for some parcels: each by its id. */
type Seen = {
  readonly parcels: ReadonlyMap<number, ReadParcel | UnreadableParcel>;
  readonly notifications: ReadonlyMap<string, StoredNotification>;
};

/**
 * Looks at parcels and tells what is due: one read of the parcels and one of the notifications for all of them (one more of each
 * for every hundred keys), then each parcel by itself, its milestones in order. Each promise resolves with what became of every
 * milestone in `NOTIFY`; it rejects when calls of that parcel are given up, and then what was done is stored as far as it was
 * told. A repetition does only what is left.
 *
 * @returns the promises by parcel; a rejection need not be handled
 */
export function deliver(
  looks: Iterable<Look>,
  calls: DeliveryCalls,
  deps: DeliveryDependencies,
  options: LookOptions = fromQueue,
): ReadonlyMap<number, Promise<readonly Delivery[]>> {
  const announced = Map.groupBy(looks, ({ parcelId }) => parcelId);
  const each = [...announced].map(([parcelId, same]) => ({
    parcelId,
    announced: same.flatMap((look) => look.announced),
  }));
  const atOnce = Math.max(1, Math.floor(batchGetKeys / deps.notify.milestones.length));
  const deliveries = new Map<number, Promise<readonly Delivery[]>>();
  for (let at = 0; at < each.length; at += atOnce) {
    const some = each.slice(at, at + atOnce);
    const seen = readAll(some, deps, calls);
    for (const look of some) {
      const delivery = seen.then((read) => deliverOne(look, read, deps, calls, options));
      delivery.catch(() => undefined);
      deliveries.set(look.parcelId, delivery);
    }
  }
  return deliveries;
}

async function readAll(looks: readonly Look[], deps: DeliveryDependencies, calls: DeliveryCalls): Promise<Seen> {
  const ids = looks.map(({ parcelId }) => parcelId);
  const notificationIds = ids.flatMap((parcelId) =>
    deps.notify.milestones.map((milestone) => notificationIdOf({ milestone, parcelId })),
  );
  const [parcels, notifications] = await Promise.all([
    calls.table(`parcel-${ids[0]}`, () => deps.parcels.get(ids)),
    calls.table(notificationIds[0] ?? '', () => deps.notifications.get(notificationIds)),
  ]);
  return { parcels, notifications };
}

async function deliverOne(
  { parcelId, announced }: Look,
  { parcels, notifications }: Seen,
  deps: DeliveryDependencies,
  calls: DeliveryCalls,
  options: LookOptions,
): Promise<readonly Delivery[]> {
  const found = parcels.get(parcelId);
  const deliveries: Delivery[] = [];
  for (const milestone of deps.notify.milestones) {
    if (found && 'problem' in found) {
      deliveries.push({ parcelId, milestone, outcome: 'unreadable', detail: found.problem });
      continue;
    }
    const about = { parcelId, milestone };
    const stored = notifications.get(notificationIdOf(about));
    const due = dueOf(
      {
        milestone,
        parcel: found?.state,
        isAnnounced: announced.includes(milestone),
        stored,
        again: options.again,
        reports: deps.reportTarget !== undefined,
        nowMs: deps.now(),
      },
      deps.notify,
    );
    const pass = { deps, calls, options, about, stored };
    switch (due.what) {
      case 'nothing':
        if (due.because === 'not-reached') deliveries.push({ ...about, outcome: due.because, isStored: !!found });
        else deliveries.push({ ...about, outcome: due.because });
        break;
      case 'report':
        deliveries.push(await report(pass, { ...about, outcome: 'already-notified' }));
        break;
      case 'record-unmet':
        if (!due.isRecorded) await recordUnmet(pass, found?.state.milestones[milestone], due.unmet);
        deliveries.push({ ...about, outcome: 'requirements-not-met', unmet: due.unmet });
        break;
      case 'tell':
        // Holds: a milestone that is due is one of a parcel that is there.
        deliveries.push(await tell(pass, found as ReadParcel, due));
    }
  }
  return deliveries;
}
