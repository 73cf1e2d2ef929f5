import type { ConsumerSettings } from '@waybill/consumer/consumer.ts';
import { type ConsumerServiceDependencies, createConsumer } from '@waybill/consumer/consumer-service.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';
import { healthReport } from '@waybill/shared/process/health.ts';
import type { WatchedService } from '@waybill/shared/process/run-process.ts';
import { Announcer, type AnnouncerSettings } from './announcements/announcer.ts';
import { parcelHandler } from './parcel-handler.ts';
import type { MessageScans } from './parcels/parcel-write.ts';

export type ProcessorSettings = ConsumerSettings & { readonly writeConcurrency: number };

export type ProcessorDependencies = Omit<
  ConsumerServiceDependencies<MessageScans, 'parcels'>,
  'settings' | 'handler' | 'metrics'
> & {
  readonly settings: ProcessorSettings;
  readonly metrics: Metrics;
  readonly parcels: ParcelTable;
  /** Where the milestones in a message are announced before it is settled; nowhere without it. */
  readonly announcements?: AnnouncerSettings;
};

/** Takes packs off the queue, writes parcel state, announces milestones and settles each message, until it is stopped. */
export function createProcessor({ metrics, parcels, announcements, ...deps }: ProcessorDependencies): WatchedService {
  const { writeConcurrency } = deps.settings;
  const announcer = announcements && new Announcer({ ...deps, ...announcements, metrics });
  const service = createConsumer({
    ...deps,
    handler: parcelHandler({ ...deps, metrics, parcels, writeConcurrency, announcer }),
    metrics: {
      inHand: metrics['waybill.processor.in_hand'],
      messageAge: metrics['waybill.queue.message_age'],
      lostReceives: metrics['waybill.queue.lost_receives'],
      breaker: metrics['waybill.processor.breaker'],
      engineErrors: metrics['waybill.store.errors'],
      failures: metrics['waybill.processor.failures'],
      splits: metrics['waybill.processor.splits'],
      sentOn: metrics['waybill.processor.sent_on'],
    },
  });
  if (!announcer) return service;
  return {
    ...service,
    ready: () => healthReport({ ...service.ready().parts, announcements: announcer.finding() }),
  };
}
