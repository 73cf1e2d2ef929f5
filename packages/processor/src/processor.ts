import type { ConsumerSettings } from '@waybill/consumer/consumer.ts';
import { type ConsumerServiceDependencies, createConsumer } from '@waybill/consumer/consumer-service.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';
import type { WatchedService } from '@waybill/shared/process/run-process.ts';
import { parcelHandler } from './parcel-handler.ts';

export type ProcessorSettings = ConsumerSettings & { readonly writeConcurrency: number };

export type ProcessorDependencies = Omit<
  ConsumerServiceDependencies<readonly ScanEvent[], 'parcels'>,
  'settings' | 'handler' | 'metrics'
> & {
  readonly settings: ProcessorSettings;
  readonly metrics: Metrics;
  readonly parcels: ParcelTable;
};

/** Takes packs off the queue, writes parcel state and settles each message, until it is stopped. */
export function createProcessor({ metrics, parcels, ...deps }: ProcessorDependencies): WatchedService {
  const { writeConcurrency } = deps.settings;
  return createConsumer({
    ...deps,
    handler: parcelHandler({ ...deps, metrics, parcels, writeConcurrency }),
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
}
