import { systemClock } from '@waybill/shared/clock.ts';
import { type Announcement, packAnnouncements } from '@waybill/shared/domain/announcement.ts';
import { type RigOptions, serviceRig } from '../../consumer/test/service-rig.ts';
import type { NotifySettings } from '../src/delivery/delivery.ts';
import { createNotifier } from '../src/notifier.ts';
import type { NotificationRequest, Report } from '../src/webhook/webhook.ts';
import { MemoryNotifications, MemoryParcels, notifySettings, readParcel, ScriptedEndpoint } from './delivery-rig.ts';

/** An endpoint of which each request can be held, and that notes when and under which signal it was asked. */
class HeldEndpoint {
  readonly scripted = new ScriptedEndpoint();
  /** Milliseconds of the clock at each request. */
  readonly askedAt: number[] = [];
  readonly signals: AbortSignal[] = [];
  /** Called before a request is answered: throws in place of it, or waits. */
  before: (parcelId: number) => Promise<void> | void = () => undefined;

  readonly notify = async (request: NotificationRequest, signal: AbortSignal): Promise<number> => {
    this.askedAt.push(Date.now());
    this.signals.push(signal);
    await this.before(parcelOf(request));
    return await this.scripted.notify(request);
  };

  readonly report = (report: Report): Promise<number> => this.scripted.report(report);

  /** The parcel of each request that was answered, in whatever way. */
  get told(): number[] {
    return this.scripted.requests.map(parcelOf);
  }
}

function parcelOf({ id }: NotificationRequest): number {
  return Number(id.split('_')[2]);
}

export type NotifierRigOptions = RigOptions & {
  readonly notify?: Partial<NotifySettings>;
  readonly reports?: boolean;
  readonly webhookConcurrency?: number;
};

/** A notifier over ports in memory. Every parcel below 10,000 is there, and delivered. */
export function notifierRig(options: NotifierRigOptions = {}) {
  const { notify = {}, reports = false, webhookConcurrency = 16, ...others } = options;
  const { service, ...all } = serviceRig(others, ({ batches: _, ...ports }) => {
    const parcels = new MemoryParcels();
    for (let id = 1; id < 10_000; id += 1) parcels.stored.set(id, readParcel(id));
    const notifications = new MemoryNotifications();
    const held = new HeldEndpoint();
    const service = createNotifier({
      ...ports,
      clock: systemClock,
      settings: { ...ports.settings, webhookConcurrency },
      parcels,
      notifications,
      webhook: held,
      ...(reports && { reportTarget: held }),
      notify: { ...notifySettings, ...notify },
    });
    return { service, parcels, notifications, held, endpoint: held.scripted, metrics: ports.metrics };
  });
  return { ...all, notifier: service };
}

export function announcementOf(parcelId: number, fields: Partial<Announcement> = {}): Announcement {
  return { parcelId, milestone: 'delivery', eventId: 83_270, timeUtc: '2026-11-28T21:15:34.1506147Z', ...fields };
}

/** One message that announces the delivery of these parcels. */
export function announced(...parcelIds: readonly number[]): string {
  return packAnnouncements(
    parcelIds.map((id) => announcementOf(id)),
    262_144,
  ).join();
}
