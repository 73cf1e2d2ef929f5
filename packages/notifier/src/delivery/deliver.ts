import { batchGetKeys } from '@waybill/shared/batch-get.ts';
import { notificationIdOf } from '../notifications/notification-id.ts';
import type { Delivery, DeliveryCalls, DeliveryDependencies, Look, LookOptions } from './delivery.ts';
import { type Looked, MilestoneLook, readSeen, type Seen } from './look.ts';
import { report } from './report.ts';
import { recordStillTold, recordUnmet } from './store-notification.ts';
import { tell } from './tell.ts';
import { tracedWebhook } from './traced-webhook.ts';

/** Of a message: what was told is told once, and the message waits in the queue until its endpoint is back. */
const fromQueue: LookOptions = { again: false, recordsUnavailable: false };

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
    span: same.find(({ span }) => span)?.span,
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
  return await readSeen(ids, notificationIds, deps, calls);
}

async function deliverOne(
  look: Look,
  seen: Seen,
  deps: DeliveryDependencies,
  calls: DeliveryCalls,
  options: LookOptions,
): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = [];
  const { span } = look;
  const base = { deps: span ? { ...deps, webhook: tracedWebhook(deps.webhook, span) } : deps, calls, options };
  for (const milestone of deps.notify.milestones) {
    const watched = new MilestoneLook(base, look, milestone);
    deliveries.push(await whatBecomes(watched.from(seen), watched));
  }
  return deliveries;
}

/** Does what is due. Where that is not what it was any more when its turn came, what is due then. */
async function whatBecomes(first: Looked, look: MilestoneLook): Promise<Delivery> {
  for (let looked = first; ; ) {
    const { pass, parcel, due } = looked;
    const { about } = pass;
    switch (due.what) {
      case 'unreadable':
        return { ...about, outcome: 'unreadable', detail: due.detail };
      case 'nothing':
        if (due.because === 'not-reached') return { ...about, outcome: due.because, isStored: parcel !== undefined };
        await recordStillTold(pass);
        return { ...about, outcome: due.because };
      case 'report':
        return await report(
          { ...pass, stored: await recordStillTold(pass) },
          { ...about, outcome: 'already-notified' },
        );
      case 'record-unmet':
        if (!due.isRecorded) await recordUnmet(pass, parcel?.state.milestones[about.milestone], due.unmet);
        return { ...about, outcome: 'requirements-not-met', unmet: due.unmet };
      case 'tell': {
        const told = await tell({ ...looked, due }, look);
        if ('outcome' in told) return told;
        looked = told;
      }
    }
  }
}
